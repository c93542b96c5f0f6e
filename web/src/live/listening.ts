// SPDX-License-Identifier: GPL-3.0-or-later
// What the live test is doing: nothing, hearing the microphone, or reading a file. Preact's side of engine.ts.
import { useEffect, useRef, useState } from "preact/hooks";
import { sentenceOf } from "../api";
import type { Model } from "../api-types";
import { t } from "../i18n";
import type { Key } from "../i18n";
import { faultOf } from "../recorder/microphone";
import { announce } from "../ui";
import { RATE } from "../../device/device";
import { fileOf } from "./choices";
import { Ears, decodeFile, hearFile, openEngine } from "./engine";
import type { LiveBlock } from "./live-worklet";
import { Session } from "./session";
import type { Choice } from "./session";

const LONGEST_FILE_S = 600;

export type Doing = "nothing" | "opening" | "hearing" | "reading";
interface State {
    doing: Doing;
    session: Session | null;
    file: string | null; // name of what was read
    trouble: string | null;
    turn: number;        // grows when the session has found something
}
const START: State = { doing: "nothing", session: null, file: null, trouble: null, turn: 0 };

interface Run { // one start; another one in its place means that it is over
    ears?: Ears;
    session?: Session;
    samples?: Float32Array;
}

export function useListening(model: Model, choices: readonly Choice[], choice: Choice) {
    const [state, setState] = useState(START);
    const put = (change: Partial<State>) => setState(last => ({ ...last, ...change, turn: last.turn + 1 }));
    const run = useRef<Run>({}), latest = useRef(choice);
    latest.current = choice;

    const stop = () => {
        const { ears, session } = run.current;
        run.current = {};
        ears?.stop();
        session?.finish();
        put({ doing: "nothing" });
    };
    const begin = (change: Partial<State>): Run => {
        stop();
        put({ ...START, ...change });
        return run.current;
    };
    const fail = (mine: Run, trouble: string) => {
        if (mine !== run.current) return;
        run.current = {};
        put({ doing: "nothing", trouble });
    };
    const openModel = async (mine: Run) => {
        try {
            return await openEngine(fileOf(model, "tflite"));
        } catch (error) {
            return fail(mine, t("live.no_model", { reason: sentenceOf(error) }));
        }
    };

    const tell = (session: Session, block: LiveBlock) => {
        const unclipped = session.findings.filter(({ clip }) => !clip);
        const found = session.take(block.samples, block.rows);
        if (found.length > 0 || unclipped.some(({ clip }) => clip)) put({});
        for (const { kind } of found) announce(t(`live.announce_${kind}` as Key, { word: model.title }));
    };
    const listen = async () => {
        const mine = begin({ doing: "opening" });
        const engine = await openModel(mine);
        if (!engine || mine !== run.current) return;
        const session = mine.session = new Session(choices, latest.current);
        mine.ears = new Ears(engine, latest.current, {
            block: block => tell(session, block),
            lost: () => fail(mine, t("live.fault_lost")),
        });
        try {
            if (await mine.ears.start()) put({ doing: "hearing", session });
        } catch (error) {
            fail(mine, t(`live.fault_${faultOf(error)}`));
        }
    };

    const hear = async (mine: Run, samples: Float32Array, file: string) => {
        const engine = await openModel(mine);
        if (!engine || mine !== run.current) return;
        const session = mine.session = new Session(choices, latest.current, Math.max(1, samples.length / RATE));
        mine.samples = samples;
        put({ session, file });
        await hearFile(engine, samples, latest.current, session, () => mine !== run.current);
        if (mine !== run.current) return;
        put({ doing: "nothing" });
        announce(t("live.file_done", { n: session.findings.filter(({ kind }) => kind === "detection").length }));
    };
    const read = async (file: File) => {
        const mine = begin({ doing: "reading", file: file.name });
        const samples = await decodeFile(file).catch(() => null);
        if (!samples) fail(mine, t("live.not_audio", { file: file.name }));
        else if (samples.length > LONGEST_FILE_S * RATE) fail(mine, t("live.too_long", { n: LONGEST_FILE_S / 60 }));
        else if (mine === run.current) await hear(mine, samples, file.name);
    };

    const missed = () => {
        state.session?.missed();
        put({});
    };
    useEffect(() => { // another sensitivity: the microphone goes on with it, a file is heard again
        const { ears, session, samples } = run.current;
        ears?.tune(choice);
        if (ears) session?.tune(choice);
        if (samples && state.file !== null) void hear(begin({ doing: "reading", file: state.file }), samples, state.file);
    }, [choice.cutoff, choice.window]);
    useEffect(() => stop, []);
    return { ...state, listen, read, missed, stop };
}
