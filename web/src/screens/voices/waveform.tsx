// SPDX-License-Identifier: GPL-3.0-or-later
// A recording as a picture: loaded when it comes into view, drawn as one path, the part that counts in colour.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Recording } from "../../api-types";
import { decodeWav, outline } from "../../recorder/wav";
import "./waveform.css";

const COLUMNS = 150, HEIGHT = 48;

const known = new Map<string, string>(); // path by content
async function pathOf(item: Recording): Promise<string> {
    const key = item.sha256 || `${item.wake_word}/${item.saved_as}/${item.created_at}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = await fetch(`${item.audio_url}${item.audio_url.includes("?") ? "&" : "?"}whole=true`);
    const clip = answer.ok ? decodeWav(await answer.arrayBuffer()) : null;
    const path = clip ? drawn(outline(clip.samples, COLUMNS)) : "";
    if (path) known.set(key, path);
    return path;
}

// Heights as bars about the middle; the loudest fills the picture, but silence does not.
export function drawn(heights: Float32Array): string {
    const loudest = Math.max(0.05, ...heights);
    return [...heights].map((height, i) => {
        const half = Math.max(height / loudest * (HEIGHT / 2 - 1), 0.5);
        return `M${i * 2 + 1} ${(HEIGHT / 2 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
    }).join("");
}

function useSeen(): [(element: HTMLElement | null) => void, boolean] {
    const [element, setElement] = useState<HTMLElement | null>(null), [seen, setSeen] = useState(false);
    useEffect(() => {
        if (!element || seen) return;
        const observer = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && setSeen(true),
                                                  { rootMargin: "200px" });
        observer.observe(element);
        return () => observer.disconnect();
    }, [element, seen]);
    return [setElement, seen];
}

export function Waveform({ item, from, to }: { item: Recording; from: number; to: number }) {
    const [root, seen] = useSeen();
    const [path, setPath] = useState("");
    const wanted = useRef("");
    useEffect(() => {
        if (!seen) return;
        wanted.current = item.sha256;
        pathOf(item).then(found => wanted.current === item.sha256 && setPath(found), () => {});
    }, [seen, item.sha256]);
    const left = 2 * COLUMNS * from / item.seconds, right = 2 * COLUMNS * to / item.seconds;
    return (
        <svg class="wave" ref={root as never} viewBox={`0 0 ${2 * COLUMNS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="wave-part" x={left} y="0" width={Math.max(right - left, 0)} height={HEIGHT} />
            <path d={path} />
            <svg x={left} y="0" width={Math.max(right - left, 0)} height={HEIGHT} viewBox={`${left} 0 ${Math.max(right - left, 0.01)} ${HEIGHT}`}
                 preserveAspectRatio="none">
                <path class="wave-active" d={path} />
            </svg>
        </svg>
    );
}
