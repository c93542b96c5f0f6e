// SPDX-License-Identifier: GPL-3.0-or-later
// Playing a clip: one at a time in the whole page.
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { createStore, useStore } from "../store";
import { Button } from "./basic";
import type { ButtonKind } from "./basic";

const playing = createStore<string | null>(null);
let audio: HTMLAudioElement | null = null;

export function stopPlaying(): void {
    audio?.pause();
    audio = null;
    playing.set(null);
}
export async function playClip(url: string, gain = 1): Promise<void> {
    stopPlaying();
    const mine = new Audio(url);
    mine.volume = Math.min(1, gain);
    audio = mine;
    playing.set(url);
    mine.addEventListener("ended", () => audio === mine && stopPlaying());
    try {
        await mine.play();
    } catch (error) {
        const interrupted = audio !== mine; // by another clip: no fault
        if (!interrupted) stopPlaying();
        if (!interrupted) throw error;
    }
}
// One after the other, until somebody stops it or plays another.
export async function playInTurn(urls: string[]): Promise<void> {
    for (const url of urls) {
        await playClip(url);
        const mine = audio;
        await new Promise<void>(resolve => {
            for (const end of ["ended", "pause", "error"]) mine?.addEventListener(end, () => resolve());
        });
        if (!mine?.ended) return;
    }
}
export const usePlaying = (): string | null => useStore(playing);

export function PlayButton({
    url,
    label,
    kind = "plain",
    children,
}: {
    url: string;
    label?: string;
    kind?: ButtonKind;
    children?: string;
}) {
    const active = usePlaying() === url;
    const [failed, setFailed] = useState(false);
    useEffect(() => () => void (playing.get() === url && stopPlaying()), [url]);
    const press = () => {
        setFailed(false);
        if (active) stopPlaying();
        else playClip(url).catch(() => setFailed(true));
    };
    const name = failed ? t("app.cannot_play") : active ? t("app.stop") : (label ?? t("app.play"));
    return (
        <Button
            kind={kind}
            icon={failed ? "warning" : active ? "stop" : "play"}
            pressed={active}
            onClick={press}
            label={children && !failed ? `${name} ${children}` : name}>
            {children}
        </Button>
    );
}
