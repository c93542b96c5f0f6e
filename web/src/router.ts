// SPDX-License-Identifier: GPL-3.0-or-later
// The address names the step and the word: #/hey_jarvis/train, #/train, #/models, #/models/<run>.
import { createStore, useStore } from "./store";

export const STEPS = ["word", "voices", "train", "use"] as const;
export const PAGES = ["models", "samples", "data"] as const;
export type Step = (typeof STEPS)[number];
export type Page = (typeof PAGES)[number];
export type Route = { screen: Step; id: string | null } | { screen: Page; item: string | null };

const isStep = (text: string | undefined): text is Step => STEPS.includes(text as Step);
const isPage = (text: string | undefined): text is Page => PAGES.includes(text as Page);
const decode = (text: string): string => {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
};

export function parseRoute(hash: string): Route {
    const [first, second] = hash
        .replace(/^#?\/?/, "")
        .split("/")
        .map(decode);
    if (first && isStep(second)) return { screen: second, id: first };
    if (isPage(first)) return { screen: first, item: second || null };
    if (isStep(first)) return { screen: first, id: null };
    return { screen: "word", id: null };
}

export function routeOf(screen: Step | Page, name?: string | null): string {
    const part = name ? encodeURIComponent(name) : null;
    if (isPage(screen)) return part ? `#/${screen}/${part}` : `#/${screen}`;
    return part ? `#/${part}/${screen}` : `#/${screen}`;
}

const route = createStore<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));
if (typeof window !== "undefined") window.addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

export const useRoute = (): Route => useStore(route);
export const currentRoute = (): Route => route.get();
export function go(screen: Step | Page, name?: string | null): void {
    location.hash = routeOf(screen, name);
}
// The same place under a better name, without a step in the history.
export function rename(screen: Step, id: string): void {
    history.replaceState(null, "", routeOf(screen, id));
    route.set({ screen, id });
}
