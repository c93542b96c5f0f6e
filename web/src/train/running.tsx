// SPDX-License-Identifier: GPL-3.0-or-later
// A training that runs, and the end of one.
import { useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Training } from "../api-types";
import { formatDuration, t, textOfCode } from "../i18n";
import { routeOf } from "../router";
import { Badge, Button, Card, Icon, LinkButton, Notice, Progress } from "../ui";
import type { Tone } from "../ui";
import { STAGES, countOf, placesOf, remainingOf } from "./plan";

export const nameOf = (training: Training): string => training.phrase ?? training.safe_word ?? "?";

function Stages({ training }: { training: Training }) {
    const places = placesOf(training);
    return (
        <ol class="stages" aria-label={t("train.stages")}>
            {STAGES.map(stage => (
                <li
                    key={stage}
                    class={`stage stage-${places[stage]}`}
                    aria-current={places[stage] === "now" ? "step" : undefined}>
                    <span class="stage-dot" aria-hidden="true">
                        {places[stage] === "done" && <Icon name="check" />}
                    </span>
                    <span>{t(`train.stage_${stage}`)}</span>
                    <span class="unseen">{t(`train.stage_${places[stage]}`)}</span>
                </li>
            ))}
        </ol>
    );
}

export function Running({ training }: { training: Training }) {
    const [trouble, setTrouble] = useState<string | null>(null),
        [asked, setAsked] = useState(false);
    const terminal = training.by === "command line",
        stopping = training.state === "cancelling";
    const remaining = remainingOf(training),
        count = countOf(training);
    const cancel = async () => {
        setAsked(true);
        setTrouble(null);
        try {
            await api.cancelTraining();
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setAsked(false);
    };
    return (
        <Card
            tone="accent"
            title={training.preset ? textOfCode("train.preset_", training.preset, training.preset) : nameOf(training)}
            aside={
                <Badge tone={stopping ? "warn" : "accent"}>
                    {textOfCode("train.state_", training.state, training.state)}
                </Badge>
            }>
            {terminal && <Notice>{t("train.terminal", { process: String(training.process ?? "?") })}</Notice>}
            {(!terminal || training.stage) && (
                <>
                    <div class="progress-line">
                        <strong class="percent number">
                            {t("train.percent", { n: Math.floor(100 * training.progress) })}
                        </strong>
                        <span class="number">
                            {"seconds" in remaining
                                ? t(remaining.key, { time: formatDuration(remaining.seconds) })
                                : t(remaining.key)}
                        </span>
                        <span class="muted number">
                            {t("train.elapsed", { time: formatDuration(training.elapsed_s) })}
                        </span>
                    </div>
                    <Progress value={training.progress} label={t("train.progress")} />
                    <Stages training={training} />
                    <p class="stage-text">
                        {training.stage ? t(`train.stage_${training.stage}_text`) : t("train.stage_none_text")}
                        {count && <span class="muted number"> {t(count.key, count)}</span>}
                    </p>
                </>
            )}
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {!terminal && (
                <div class="row">
                    <Button icon="stop" busy={asked || stopping} onClick={cancel}>
                        {t("train.cancel")}
                    </Button>
                    <span class="muted small">
                        {stopping ? t("train.cancelling") : `${t("train.cancel_note")} ${t("train.loud")}`}
                    </span>
                </div>
            )}
        </Card>
    );
}

const tones: Partial<Record<Training["state"], Tone>> = { finished: "good", failed: "bad", cancelled: "warn" };
export function Ended({ training }: { training: Training }) {
    const { state } = training;
    const finished = state === "finished";
    return (
        <Notice
            tone={tones[state] ?? "neutral"}
            action={
                finished &&
                training.safe_word && (
                    <LinkButton kind="main" href={routeOf("use", training.safe_word)} icon="right">
                        {t("train.to_use")}
                    </LinkButton>
                )
            }>
            <strong>
                {finished
                    ? t("train.finished", { word: nameOf(training) })
                    : t(state === "cancelled" ? "train.cancelled" : "train.failed")}
            </strong>
            {finished && <span class="muted">{t("train.took", { time: formatDuration(training.elapsed_s) })}</span>}
            {state === "failed" && (
                <span>{training.reason || t("train.failed_code", { code: String(training.exit_code ?? "?") })}</span>
            )}
        </Notice>
    );
}
