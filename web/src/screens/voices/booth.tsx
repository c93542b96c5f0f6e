// SPDX-License-Identifier: GPL-3.0-or-later
// Where one speaks: what happens now in words, the level with its start mark, the button.
import { useEffect, useRef } from "preact/hooks";
import { formatNumber, t } from "../../i18n";
import { onMeter } from "../../recorder/level";
import { LONGEST_MS } from "../../recorder/take-machine";
import type { Studio } from "./studio";
import { adjust, begin, chooseDevice, noticeText, stop, uploads, watchMeter } from "./studio";
import { Button, Field, Icon, Notice, Slider } from "../../ui";

function LevelMeter({ on }: { on: boolean }) {
    const root = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (!on) return;
        let spoken = 0;
        return watchMeter(({ level, startLevel, noiseLevel }) => {
            const meter = root.current;
            if (!meter) return;
            meter.style.setProperty("--level", String(onMeter(level)));
            meter.style.setProperty("--start", String(onMeter(startLevel)));
            meter.style.setProperty("--noise", String(onMeter(noiseLevel)));
            meter.classList.toggle("loud", level >= startLevel);
            if (++spoken % 25 === 0) meter.setAttribute("aria-valuenow", String(Math.round(100 * onMeter(level))));
        });
    }, [on]);
    return (
        <div class={`mic-level ${on ? "" : "mic-off"}`} ref={root} role="meter" aria-label={t("voices.meter")} aria-valuemin={0}
             aria-valuemax={100} aria-valuenow={0}>
            <div class="mic-bar"><div class="mic-noise" /><div class="mic-fill" /><div class="mic-start" />
                {!on && <span class="mic-text">{t("reference.mic_stopped")}</span>}</div>
            <div class="mic-label" aria-hidden="true"><span>{t("voices.starts_here")}</span></div>
        </div>
    );
}

// What happens, in a few large words, and beneath what to do.
function words({ phase, notice, pending, slot }: Studio, phrase: string, rest: boolean): [string, string] {
    if (pending.some(take => take.failure !== "")) return [t("voices.phase_resting"), ""];
    if (phase === "waiting" || phase === "settling") {
        if (pending.length) return [t("voices.saving"), ""];
        if (notice?.kind === "saved") return [noticeText(notice), t("voices.and_again", { phrase })];
    }
    if (phase !== "off") return [t(`voices.phase_${phase}`), phase === "waiting" ? t("voices.say", { phrase }) : ""];
    if (pending.length) return [t("voices.saving"), ""];
    if (!slot && rest) return [t("voices.all_done"), t("voices.all_done_hint")];
    if (notice?.kind === "speaker_done") return [noticeText(notice), t("voices.next_speaker")];
    if (notice?.kind === "saved") return [noticeText(notice), ""];
    return [t("voices.phase_off"), t("voices.phase_off_hint", { phrase })];
}

function Unsaved({ pending }: { pending: Studio["pending"] }) {
    const failed = pending.filter(take => take.failure !== "");
    if (!failed.length) return null;
    const refused = failed.filter(take => take.refused);
    return (
        <Notice tone="warn" action={<>
            <Button icon="redo" onClick={() => uploads.retry()}>{t("app.try_again")}</Button>
            {refused.length > 0 && <Button kind="quiet" icon="trash" onClick={() => refused.forEach(take => uploads.discard(take))}>
                {t("voices.throw_away")}</Button>}
        </>}>
            <strong>{t("voices.unsaved", { n: pending.length })}</strong>
            <span>{failed[0]!.failure} {refused.length ? "" : t("voices.unsaved_hint")}</span>
        </Notice>
    );
}

function Remark({ notice, settings }: Pick<Studio, "notice" | "settings">) {
    if (notice?.kind === "fault") return <Notice tone="bad">
        <strong>{noticeText(notice)}</strong><span>{t(`voices.fault_${notice.fault}_hint`)}</span></Notice>;
    if (notice?.kind === "rejected") return <Notice tone="warn">{noticeText(notice)}</Notice>;
    if (notice?.kind !== "too_soft") return null;
    const lower = Math.max(0.005, Math.round(600 * settings.startLevel) / 1000);
    return (
        <Notice tone="warn" action={lower < settings.startLevel &&
            <Button onClick={() => adjust({ startLevel: lower })}>{t("voices.listen_softer")}</Button>}>{noticeText(notice)}</Notice>
    );
}

export function Booth({ state, phrase, name, next, complete, locked }: {
    state: Studio; phrase: string; name: string; next: number | null; complete: boolean; locked: boolean;
}) {
    const on = state.phase !== "off";
    const [headline, hint] = words(state, phrase, complete);
    return (
        <div class={`booth booth-${complete && !on ? "complete" : state.phase}`}>
            <div class="booth-words">
                <span class="booth-lamp" aria-hidden="true"><Icon name={state.phase === "recording" ? "record" : complete && !on ? "check" : "microphone"} /></span>
                <div>
                    <p class="booth-headline">{headline}</p>
                    {hint && <p class="muted">{hint}</p>}
                </div>
            </div>
            <LevelMeter on={on && state.phase !== "opening"} />
            <div class="row row-apart">
                {on ? <Button kind="danger" large icon="stop" onClick={stop}>{t("voices.stop")}</Button>
                    : next !== null && <Button kind="main" large icon="record" disabled={locked} onClick={() => void begin(next)}>
                        {t("voices.start", { name })}</Button>}
                {(on || next !== null) && <p class="muted small booth-key">{t("voices.space_key")}</p>}
            </div>
            <Remark notice={state.notice} settings={state.settings} />
            <Unsaved pending={state.pending} />
        </div>
    );
}

export function Advanced({ settings, devices, device }: Pick<Studio, "settings" | "devices" | "device">) {
    const ms = t("reference.unit_ms");
    return (
        <details class="advanced">
            <summary>{t("voices.advanced")}</summary>
            <div class="columns">
                {devices.length > 1 && (
                    <Field label={t("voices.microphone")}>
                        {ids => <select {...ids} value={device} onChange={event => chooseDevice(event.currentTarget.value)}>
                            <option value="">{t("voices.microphone_default")}</option>
                            {devices.filter(({ id }) => id !== "default")
                                .map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
                        </select>}
                    </Field>
                )}
                <Slider label={t("reference.label_start_sensitivity")} help={t("voices.help_start")} min={0.005} max={0.08} step={0.001}
                        value={settings.startLevel} onInput={startLevel => adjust({ startLevel })} />
                <Slider label={t("reference.label_silence_stop")} help={t("voices.help_silence")} min={300} max={2000} step={50} unit={ms}
                        value={settings.silenceMs} onInput={silenceMs => adjust({ silenceMs })} />
                <Slider label={t("reference.label_min_take_length")} help={t("voices.help_minimum")} min={300} max={2000} step={50} unit={ms}
                        value={settings.minimumMs} onInput={minimumMs => adjust({ minimumMs })} />
                <Slider label={t("voices.maximum")} help={t("voices.help_maximum", { n: formatNumber(5) })} min={2000} max={LONGEST_MS - 2000}
                        step={500} unit={ms} value={settings.maximumMs} onInput={maximumMs => adjust({ maximumMs })} />
            </div>
        </details>
    );
}
