// SPDX-License-Identifier: GPL-3.0-or-later
// Line icons on a grid of 24, drawn for this page.
const paths = {
    add: "M12 5v14M5 12h14",
    check: "M5 12.5l4.5 4.5L19 7.5",
    close: "M6 6l12 12M18 6L6 18",
    copy: "M9 9h10v11H9zM15 9V5H5v11h4",
    download: "M12 4v11M7 11l5 5 5-5M5 20h14",
    info: "M12 11v6M12 7.2v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    down: "M6 10l6 6 6-6",
    left: "M14 6l-6 6 6 6",
    microphone:
        "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
    moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
    pause: "M8.5 6v12M15.5 6v12",
    phone: "M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3zM11 18h2",
    play: "M8 5.5v13l10.5-6.5z",
    record: "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10z",
    redo: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
    right: "M10 6l6 6-6 6",
    speak: "M5 10v4h3l5 4V6l-5 4zM16.5 9a4.5 4.5 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
    stop: "M7 7h10v10H7z",
    sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M18.4 5.6L17 7M7 17l-1.4 1.4",
    trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
    trim: "M6 4v16M18 4v16M6 12h12M9 9l-3 3 3 3M15 9l3 3-3 3",
    undo: "M9 7L5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3",
    upload: "M12 16V5M7 9l5-5 5 5M5 20h14",
    warning: "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
};
export type IconName = keyof typeof paths;
const solid: IconName[] = ["play", "record", "stop"];

export function Icon({ name }: { name: IconName }) {
    return (
        <svg
            class={solid.includes(name) ? "icon icon-solid" : "icon"}
            viewBox="0 0 24 24"
            width="20"
            height="20"
            aria-hidden="true">
            <path d={paths[name]} />
        </svg>
    );
}
