// SPDX-License-Identifier: GPL-3.0-or-later
// Light or dark: the system's, until the reader chooses.
import { createStore } from "./store";
import { remember, remembered } from "./remember";

export type Theme = "light" | "dark";
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = (): Theme | null => {
    const name = remembered("theme");
    return name === "light" || name === "dark" ? name : null;
};
export const theme = createStore<Theme>("light");

function apply(): void {
    const now = chosen() ?? (system.matches ? "dark" : "light");
    document.documentElement.dataset["theme"] = now;
    theme.set(now);
}
export function switchTheme(): void {
    const now: Theme = theme.get() === "dark" ? "light" : "dark";
    remember("theme", now);
    apply();
}
export function startTheme(): void {
    system.addEventListener("change", apply);
    apply();
}
