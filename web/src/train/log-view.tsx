// SPDX-License-Identifier: GPL-3.0-or-later
// The log under its fold. A hundred thousand lines are text in blocks that the browser draws when they come into sight.
import { useEffect, useRef, useState } from "preact/hooks";
import { formatBytes, t } from "../i18n";
import { store, useAppState, watchLog } from "../state";
import { Button, Icon, Notice } from "../ui";
import { BLOCK_LINES, LogFollower, blocksOf, isNearEnd, readLog } from "./log";
import type { LogSink } from "./log";

const LINE_PX = 20; // as in train.css

class LogText implements LogSink {
    private whole = BLOCK_LINES; // lines of the last block; a full one is followed by another
    private queue = "";
    private frame = 0;
    onGrow: () => void = () => {};

    constructor(
        private readonly pre: HTMLElement,
        private readonly view: HTMLElement,
    ) {}

    clear(): void {
        this.queue = "";
        this.whole = BLOCK_LINES;
        this.pre.replaceChildren();
    }
    append(text: string): void {
        this.queue += text; // many pieces of one frame are one change
        if (!this.frame) this.frame = requestAnimationFrame(() => this.flush());
    }
    stop(): void {
        cancelAnimationFrame(this.frame);
    }
    private flush(): void {
        this.frame = 0;
        const follow = isNearEnd(this.view);
        for (const { text, lines } of blocksOf(this.queue, BLOCK_LINES - this.whole)) this.add(text, lines);
        this.queue = "";
        if (follow) this.view.scrollTop = this.view.scrollHeight;
        this.onGrow();
    }
    private add(text: string, lines: number): void {
        const goesOn = this.whole < BLOCK_LINES;
        const block = goesOn ? (this.pre.lastElementChild as HTMLElement) : document.createElement("span");
        const unfinished = text.endsWith("\n") ? 0 : 1;
        this.whole = (goesOn ? this.whole : 0) + lines - unfinished;
        block.append(text);
        block.style.setProperty("height", `${(this.whole + unfinished) * LINE_PX}px`); // also while it is not drawn
        if (!goesOn) this.pre.append(block);
    }
}

function LogLines() {
    const view = useRef<HTMLDivElement>(null),
        pre = useRef<HTMLPreElement>(null);
    const [atEnd, setAtEnd] = useState(true),
        [trouble, setTrouble] = useState(false),
        [empty, setEmpty] = useState(true);
    const look = () => view.current && setAtEnd(isNearEnd(view.current));
    useEffect(() => {
        const text = new LogText(pre.current!, view.current!);
        text.onGrow = () => {
            look();
            setEmpty(!pre.current?.firstChild);
        };
        const follower = new LogFollower(text, () => {
            const { job, running } = store.get().training;
            return readLog(job, running);
        });
        const stop = watchLog(chunk => follower.take(chunk));
        follower.load().catch(() => setTrouble(true));
        return () => {
            stop();
            text.stop();
        };
    }, []);
    const toEnd = () => view.current?.scrollTo({ top: view.current.scrollHeight });
    return (
        <div class="log-frame">
            {trouble && <Notice tone="bad">{t("train.log_trouble")}</Notice>}
            {empty && !trouble && <p class="log-empty muted">{t("train.log_empty")}</p>}
            <div
                class="log"
                ref={view}
                tabIndex={0}
                role="region"
                aria-label={t("reference.training_log")}
                onScroll={look}>
                <pre ref={pre} />
            </div>
            {!atEnd && (
                <div class="log-end">
                    <Button icon="down" onClick={toEnd}>
                        {t("train.log_to_end")}
                    </Button>
                </div>
            )}
        </div>
    );
}

export function LogView() {
    const { training } = useAppState();
    const [open, setOpen] = useState(false);
    return (
        <details class="card log-card" open={open} onToggle={event => setOpen(event.currentTarget.open)}>
            <summary>
                <Icon name="right" />
                <h2>{t("reference.training_log")}</h2>
                {training.log_size > 0 && <span class="muted small number">{formatBytes(training.log_size)}</span>}
            </summary>
            {open && <LogLines />}
            {open && (
                <p class="small row row-apart">
                    <a href="/api/training/log" download={`${training.safe_word ?? "training"}.log`}>
                        {t("train.log_download")}
                    </a>
                    {training.log_path && <span class="muted log-path">{training.log_path}</span>}
                </p>
            )}
        </details>
    );
}
