// SPDX-License-Identifier: GPL-3.0-or-later
// Step 3: start a training and watch it.
import { t } from "../i18n";
import { routeOf } from "../router";
import { useAppState } from "../state";
import { Card, Empty, LinkButton, Notice } from "../ui";
import { Curves } from "../train/curves";
import { LogView } from "../train/log-view";
import { viewOf } from "../train/plan";
import { Ended, Running, nameOf } from "../train/running";
import { Start } from "../train/start";
import "../train/train.css";

export function Train() {
    const { loaded, session, training, curves } = useAppState();
    if (!loaded) return <h1>{t("train.title_none")}</h1>;
    const view = viewOf(session, training),
        word = session.title ?? session.safe_word ?? "";
    if (view === "none")
        return (
            <>
                <h1>{t("train.title_none")}</h1>
                <Card>
                    <Empty icon="speak">
                        <p>{t("train.no_word")}</p>
                    </Empty>
                    <div class="row row-center">
                        <LinkButton kind="main" href={routeOf("word")}>
                            {t("train.to_word")}
                        </LinkButton>
                    </div>
                </Card>
            </>
        );
    const other = training.running && session.safe_word !== null && training.safe_word !== session.safe_word;
    return (
        <>
            <h1>
                {view === "running" ? t("train.running_title", { word: nameOf(training) }) : t("train.title", { word })}
            </h1>
            {other && <Notice>{t("train.other_running", { word: nameOf(training), mine: word })}</Notice>}
            {view === "running" && <Running training={training} />}
            {view === "ended" && <Ended training={training} />}
            {(view === "ready" || view === "ended") && <Start session={session} training={training} />}
            {view !== "ready" && <Curves curves={curves} />}
            {view !== "ready" && <LogView />}
        </>
    );
}
