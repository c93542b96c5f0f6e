// SPDX-License-Identifier: GPL-3.0-or-later
// The small parts that every screen is made of.
import type { ComponentChildren, TargetedMouseEvent } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icons";
import type { IconName } from "./icons";

type Children = { children?: ComponentChildren };
export const classes = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(" ");

export type ButtonKind = "main" | "plain" | "quiet" | "danger";
export interface ButtonProps extends Children {
    kind?: ButtonKind;
    icon?: IconName;
    label?: string; // for a button that shows only an icon
    title?: string;
    busy?: boolean; // something is under way: the button waits
    disabled?: boolean;
    pressed?: boolean; // for a button that stays down
    submit?: boolean;
    large?: boolean;
    onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
}
export function Button({
    kind = "plain",
    icon,
    label,
    title,
    busy,
    disabled,
    pressed,
    submit,
    large,
    onClick,
    children,
}: ButtonProps) {
    return (
        <button
            type={submit ? "submit" : "button"}
            class={classes("button", `button-${kind}`, large && "button-large", !children && "button-icon")}
            disabled={disabled || busy}
            aria-label={label}
            aria-busy={busy || undefined}
            aria-pressed={pressed}
            title={title ?? (children ? undefined : label)}
            onClick={onClick}>
            {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
            {children && <span>{children}</span>}
        </button>
    );
}
// A link that looks like a button.
export function LinkButton({
    href,
    kind = "plain",
    icon,
    large,
    download,
    apart,
    children,
}: Children & { href: string; kind?: ButtonKind; icon?: IconName; large?: boolean; download?: string | boolean; apart?: boolean }) {
    const tab = apart ? { target: "_blank", rel: "noopener" } : {}; // apart: in a tab of its own
    return (
        <a class={classes("button", `button-${kind}`, large && "button-large")} href={href} download={download} {...tab}>
            {icon && <Icon name={icon} />}
            <span>{children}</span>
        </a>
    );
}

export function Card({
    title,
    aside,
    tone,
    children,
}: Children & { title?: ComponentChildren; aside?: ComponentChildren; tone?: "accent" }) {
    const id = useId();
    return (
        <section class={classes("card", tone && `card-${tone}`)} aria-labelledby={title ? id : undefined}>
            {(title || aside) && (
                <header class="card-head">
                    {title && <h2 id={id}>{title}</h2>}
                    {aside && <div class="card-aside">{aside}</div>}
                </header>
            )}
            {children}
        </section>
    );
}

export type Tone = "good" | "warn" | "bad" | "neutral" | "accent";
const toneIcon: Partial<Record<Tone, IconName>> = { good: "check", warn: "warning", bad: "warning" };
export function Badge({ tone = "neutral", icon, children }: Children & { tone?: Tone; icon?: IconName }) {
    const shown = icon ?? toneIcon[tone];
    return (
        <span class={`badge tone-${tone}`}>
            {shown && <Icon name={shown} />}
            {children}
        </span>
    );
}

// Stands beside what it is about. An error is announced at once.
export function Notice({ tone = "neutral", action, children }: Children & { tone?: Tone; action?: ComponentChildren }) {
    return (
        <div class={`notice tone-${tone}`} role={tone === "bad" ? "alert" : "status"}>
            <Icon name={toneIcon[tone] ?? "info"} />
            <div class="notice-text">{children}</div>
            {action && <div class="notice-action">{action}</div>}
        </div>
    );
}

// A labelled control: children gets the ids that it needs.
export function Field({
    label,
    hint,
    help,
    error,
    children,
}: {
    label: string;
    hint?: ComponentChildren;
    help?: string;
    error?: string | null;
    children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ComponentChildren;
}) {
    const id = useId(),
        note = `${id}-note`;
    const described = Boolean(hint || error);
    return (
        <div class="field">
            <div class="field-label">
                <label for={id}>{label}</label>
                {help && <Help text={help} />}
            </div>
            {children({
                id,
                ...(described ? { "aria-describedby": note } : {}),
                ...(error ? { "aria-invalid": true } : {}),
            })}
            {described && (
                <p id={note} class={error ? "field-error" : "field-hint"}>
                    {error || hint}
                </p>
            )}
        </div>
    );
}

export function Slider({
    label,
    value,
    min,
    max,
    step,
    unit,
    help,
    onInput,
}: {
    label: string;
    value: number;
    min: number;
    max: number;
    step: number;
    unit?: string;
    help?: string;
    onInput: (value: number) => void;
}) {
    return (
        <Field label={label} help={help ?? ""}>
            {ids => (
                <div class="slider">
                    <input
                        {...ids}
                        type="range"
                        min={min}
                        max={max}
                        step={step}
                        value={value}
                        onInput={event => onInput(Number(event.currentTarget.value))}
                    />
                    <output for={ids.id}>
                        {value}
                        {unit ? `\u00a0${unit}` : ""}
                    </output>
                </div>
            )}
        </Field>
    );
}

// A question mark that explains a word.
export function Help({ text }: { text: string }) {
    const [open, setOpen] = useState(false);
    const id = useId(),
        root = useRef<HTMLSpanElement>(null);
    useEffect(() => {
        if (!open) return;
        const close = (event: Event) => {
            if (event instanceof KeyboardEvent ? event.key === "Escape" : !root.current?.contains(event.target as Node))
                setOpen(false);
        };
        document.addEventListener("pointerdown", close);
        document.addEventListener("keydown", close);
        return () => {
            document.removeEventListener("pointerdown", close);
            document.removeEventListener("keydown", close);
        };
    }, [open]);
    return (
        <span class="help" ref={root}>
            <button
                type="button"
                class="help-mark"
                aria-label={t("app.what_is_this")}
                aria-expanded={open}
                aria-controls={id}
                onClick={() => setOpen(!open)}>
                ?
            </button>
            <span id={id} class="help-text" role="note" hidden={!open}>
                {text}
            </span>
        </span>
    );
}

// `value` 0..1, or null while nobody knows how long it takes.
export function Progress({ value, label, tone }: { value: number | null; label: string; tone?: Tone }) {
    return (
        <div
            class={classes("progress", tone && `tone-${tone}`, value === null && "progress-unknown")}
            role="progressbar"
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={value === null ? undefined : Math.round(100 * value)}>
            <div class="progress-fill" style={{ width: `${100 * Math.min(1, Math.max(0, value ?? 1))}%` }} />
        </div>
    );
}

// A level 0..1 with an optional mark (a threshold) on it.
export function Meter({
    value,
    mark,
    label,
    tone = "good",
    text,
}: {
    value: number;
    mark?: number;
    label: string;
    tone?: Tone;
    text?: string;
}) {
    const share = (part: number) => `${100 * Math.min(1, Math.max(0, part))}%`;
    return (
        <div
            class={`meter tone-${tone}`}
            role="meter"
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(100 * Math.min(1, Math.max(0, value)))}
            aria-valuetext={text}>
            <div class="meter-fill" style={{ width: share(value) }} />
            {mark !== undefined && <div class="meter-mark" style={{ left: share(mark) }} />}
        </div>
    );
}

export function CopyButton({
    text,
    kind = "plain",
    large,
    children,
}: Children & { text: string; kind?: ButtonKind; large?: boolean }) {
    const [copied, setCopied] = useState(false);
    useEffect(() => {
        if (!copied) return;
        const timer = setTimeout(() => setCopied(false), 2000);
        return () => clearTimeout(timer);
    }, [copied]);
    const copy = async () => setCopied(await copyText(text));
    return (
        <Button kind={kind} large={large ?? false} icon={copied ? "check" : "copy"} onClick={copy}>
            {copied ? t("app.copied") : (children ?? t("app.copy"))}
        </Button>
    );
}
// navigator.clipboard exists on secure pages only.
export async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement("textarea");
        area.value = text;
        area.className = "unseen";
        document.body.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        return done;
    }
}

export function Empty({ icon, children }: Children & { icon?: IconName }) {
    return (
        <div class="empty">
            {icon && <Icon name={icon} />}
            <div>{children}</div>
        </div>
    );
}
