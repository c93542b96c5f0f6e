// SPDX-License-Identifier: GPL-3.0-or-later
// The frame of the page: brand, switches, the four steps, and the screen that the address names.
import type { FunctionComponent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { LANGUAGES, setLanguage, t, useLanguage } from "./i18n";
import type { Key, Language } from "./i18n";
import { PAGES, STEPS, go, rename, routeOf, useRoute } from "./router";
import type { Page, Route, Step } from "./router";
import { Data } from "./screens/data";
import { Models } from "./screens/models";
import { Samples } from "./screens/samples";
import { Train } from "./screens/train";
import { Use } from "./screens/use";
import { Voices } from "./screens/voices";
import { Word } from "./screens/word";
import { stepStates, useAppState } from "./state";
import type { State, StepState } from "./state";
import { useStore } from "./store";
import { switchTheme, theme } from "./theme";
import type { TrainingState } from "./api-types";
import { Announcer, Button, Icon, Notice, UndoBar, announce } from "./ui";
import { pageTitle } from "./title";

const steps: Record<Step, FunctionComponent<{ id: string | null }>> = {
    word: Word,
    voices: Voices,
    train: Train,
    use: Use,
};
const pages: Record<Page, FunctionComponent<{ item: string | null }>> = {
    models: Models,
    samples: Samples,
    data: Data,
};

const announcements: Partial<Record<TrainingState, Key>> = {
    finished: "train.announce_finished",
    failed: "train.announce_failed",
    cancelled: "train.announce_cancelled",
};

function Switches({ language }: { language: Language }) {
    const dark = useStore(theme) === "dark";
    return (
        <div class="switches">
            <div class="segments" role="group" aria-label={t("app.language")}>
                {LANGUAGES.map(({ code, name }) => (
                    <button
                        key={code}
                        type="button"
                        lang={code}
                        title={name}
                        aria-pressed={language === code}
                        onClick={() => setLanguage(code)}>
                        {code.toUpperCase()}
                        <span class="unseen"> {name}</span>
                    </button>
                ))}
            </div>
            <Button
                kind="quiet"
                icon={dark ? "sun" : "moon"}
                label={t(dark ? "app.go_light" : "app.go_dark")}
                onClick={switchTheme}
            />
        </div>
    );
}

function StepMark({ number, state }: { number: number; state: StepState }) {
    return (
        <span class={`step-mark step-${state}`} aria-hidden="true">
            {state === "done" ? (
                <Icon name="check" />
            ) : state === "running" ? (
                <span class="spinner" />
            ) : state === "failed" ? (
                "!"
            ) : (
                number
            )}
        </span>
    );
}

function Steps({ current, state }: { current: Route["screen"]; state: State }) {
    const states = stepStates(state);
    return (
        <nav class="steps" aria-label={t("app.steps")}>
            <ol>
                {STEPS.map((step, index) => (
                    <li key={step} class={`step step-is-${states[step]}`}>
                        <a
                            href={routeOf(step, state.session.safe_word)}
                            aria-current={current === step ? "step" : undefined}>
                            <StepMark number={index + 1} state={states[step]} />
                            <span class="step-name">{t(`app.step_${step}`)}</span>
                            <span class="unseen">{t(`app.state_${states[step]}`)}</span>
                        </a>
                    </li>
                ))}
            </ol>
        </nav>
    );
}

function SideList({ current }: { current: Route["screen"] }) {
    return (
        <nav class="side-list" aria-label={t("app.side_list")}>
            {PAGES.map(page => (
                <a key={page} href={routeOf(page)} aria-current={current === page ? "page" : undefined}>
                    {t(`app.page_${page}`)}
                </a>
            ))}
        </nav>
    );
}

// The address may name another word than the one that is being worked on (an old link, the second tab).
function OtherWord({ id, state }: { id: string; state: State }) {
    const { screen } = useRoute();
    return (
        <Notice
            tone="warn"
            action={
                <>
                    <Button onClick={() => rename(screen as Step, state.session.safe_word!)}>
                        {t("app.go_on_with", { word: state.session.safe_word! })}
                    </Button>
                    <Button kind="quiet" onClick={() => go("word")}>
                        {t("app.change_word")}
                    </Button>
                </>
            }>
            {t("app.other_word", { id, word: state.session.safe_word! })}
        </Notice>
    );
}

function Screen({ route, state }: { route: Route; state: State }) {
    if ("item" in route) {
        const Shown = pages[route.screen];
        return <Shown item={route.item} />;
    }
    const Shown = steps[route.screen];
    const word = state.session.safe_word;
    const strange =
        state.loaded &&
        route.id !== null &&
        word !== null &&
        route.id !== word &&
        (route.screen === "voices" || route.screen === "train");
    return (
        <>
            {strange && <OtherWord id={route.id!} state={state} />}
            <Shown id={route.id ?? word} />
        </>
    );
}

export function App() {
    const route = useRoute(),
        language = useLanguage(),
        state = useAppState();
    const main = useRef<HTMLElement>(null),
        first = useRef(true);
    useEffect(() => {
        document.documentElement.lang = language;
        document.title = pageTitle(t("app.brand"), t(`app.title_${route.screen}` as Key), state.training);
    }, [language, route, state.training]);
    const last = useRef(state.training.state);
    useEffect(() => {
        const now = state.training.state,
            news = announcements[now];
        if (news && (last.current === "running" || last.current === "cancelling" || last.current === "queued"))
            announce(t(news));
        last.current = now;
    }, [state.training.state]);
    useEffect(() => {
        // a new screen is read from its top, also by those who do not see it
        if (!first.current) main.current?.focus({ preventScroll: true });
        if (!first.current) scrollTo(0, 0);
        first.current = false;
    }, [route.screen]);
    return (
        <>
            <a
                class="skip"
                href="#main"
                onClick={event => {
                    event.preventDefault();
                    main.current?.focus();
                }}>
                {t("app.skip")}
            </a>
            <header class="top">
                <a class="brand" href={routeOf("word", state.session.safe_word)}>
                    <img src="icon.svg" alt="" width="32" height="32" />
                    {t("app.brand")}
                </a>
                <SideList current={route.screen} />
                <Switches language={language} />
            </header>
            <Steps current={route.screen} state={state} />
            <main id="main" ref={main} tabIndex={-1} class={`screen screen-${route.screen}`}>
                {state.trouble && !state.loaded && <Notice tone="bad">{state.trouble}</Notice>}
                {state.loaded && !state.connected && <Notice tone="warn">{t("app.connection_lost")}</Notice>}
                <Screen route={route} state={state} />
            </main>
            <UndoBar />
            <Announcer />
        </>
    );
}
