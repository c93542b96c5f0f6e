// SPDX-License-Identifier: GPL-3.0-or-later
// A server that only pretends, for work on the page: `node dev.mjs --canned`. It knows a word, and "trains" in a minute.
import { idle, recording, level, model, presets, languages, tone } from "./canned-data.mjs";

export function cannedServer({ seconds = 60, takes = 0 } = {}) {
    const streams = new Set();
    const session = {
        raw_phrase: null,
        safe_word: null,
        title: null,
        lang: null,
        lang_auto: true,
        phonemes: null,
        also: [],
        speakers_total: null,
        takes_per_speaker: null,
        takes_total: 10,
        takes_received: 0,
        takes: [],
        items: [],
        samples_total: 0,
        loose_samples: 0,
    };
    let training = { ...idle },
        jobs = 0,
        log = "",
        curves = { steps: 0, loss: [], judged: [] },
        timer,
        models = [];
    const tell = (event, data) =>
        streams.forEach(stream => stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
    const write = text => {
        const offset = Buffer.byteLength(log);
        log += text;
        training.log_size = Buffer.byteLength(log);
        tell("log", { job: training.job, offset, next: training.log_size, text });
    };
    function begin({ preset = "standard" }) {
        const all = presets.find(one => one.name === preset)?.steps ?? 10000;
        ((log = ""), (curves = { steps: all, loss: [], judged: [] }));
        training = {
            ...idle,
            state: "running",
            running: true,
            safe_word: session.safe_word,
            phrase: session.raw_phrase,
            lang: session.lang,
            preset,
            started_at: new Date().toISOString(),
            stage: "datasets",
            job: `job-${++jobs}`,
            log_path: `work/jobs/job-${jobs}/log`,
        };
        tell("training", training);
        const stages = [
            ["datasets", 0.05],
            ["generate", 0.3],
            ["augment", 0.5],
            ["train", 0.95],
            ["export", 1],
        ];
        let tick = 0;
        timer = setInterval(() => {
            const progress = Math.min(1, ++tick / (2 * seconds)),
                stage = stages.find(([, end]) => progress <= end)[0];
            const step = Math.round(all * Math.max(0, Math.min(1, (progress - 0.5) / 0.45)));
            training = {
                ...training,
                stage,
                progress,
                stage_progress: (progress * 7) % 1,
                elapsed_s: tick / 2,
                eta_s: seconds - tick / 2,
                note: `working on ${stage}`,
                metrics: { ...training.metrics, step, steps: all },
                log_size: Buffer.byteLength(log),
            };
            write(`[${stage}] ${(100 * progress).toFixed(1)} %\n`);
            if (stage === "train") {
                const loss = 0.05 + 0.6 * Math.exp((-step / all) * 5) + 0.02 * Math.random();
                (curves.loss.push([step, loss]), (training.metrics.loss = loss), tell("metric", { step, loss }));
                if (tick % 4 === 0) {
                    const recall = 0.97 - 0.6 * Math.exp((-step / all) * 6),
                        per_hour = 0.3 + 20 * Math.exp((-step / all) * 7);
                    (curves.judged.push([step, recall, per_hour]),
                        Object.assign(training.metrics, { recall, per_hour }),
                        tell("metric", { step, recall, per_hour }));
                }
            }
            if (progress >= 1) {
                training = {
                    ...training,
                    state: "finished",
                    running: false,
                    exit_code: 0,
                    run: model.run,
                    eta_s: 0,
                    stage: null,
                };
                models = [{ ...model, id: session.safe_word }];
                (write("finished\n"), tell("models", {}), clearInterval(timer));
            }
            tell("training", training);
        }, 500);
    }
    const setTakes = count => {
        session.items = Array.from({ length: count }, (_, index) => recording(1, index + 1));
        ((session.takes = session.items.map(item => item.saved_as)),
            (session.takes_received = session.samples_total = count));
    };
    setTakes(takes);
    const id = phrase =>
        phrase
            .trim()
            .toLowerCase()
            .replace(/\s+/g, "_")
            .replace(/[^\p{L}\p{N}_]/gu, "");
    const refuse = (status, code, error, more = {}) => ({ status, ok: false, error, code, ...more });
    const answers = {
        "GET /api/session": () => ({ ...session, training }),
        "POST /api/start_session": ({ body }) =>
            body.phrase?.trim()
                ? (Object.assign(session, {
                      raw_phrase: body.phrase.trim(),
                      safe_word: id(body.phrase),
                      title: body.phrase.trim(),
                      lang: body.lang === "ru" ? "ru" : "en",
                      lang_auto: !body.lang || body.lang === "auto",
                      phonemes: body.phonemes || null,
                      also: body.also ?? [],
                      speakers_total: body.speakers_total || 1,
                      takes_per_speaker: body.takes_per_speaker || 10,
                  }),
                  { ...session, training })
                : refuse(400, "", "phrase is required"),
        "GET /api/hints": ({ query }) => {
            const phrase = query.get("phrase"),
                words = phrase.trim().split(/\s+/).length,
                syllables = (phrase.match(/[aeiouyаеёиоуыэюя]+/gi) ?? []).length;
            const verdict =
                syllables < 2
                    ? ["poor", "too_short"]
                    : syllables < 3
                      ? ["fair", "short"]
                      : syllables < 7
                        ? ["good", "good_length"]
                        : ["fair", "long"];
            return {
                language: /[а-я]/i.test(phrase) ? "ru" : query.get("lang") || "en",
                language_name: /[а-я]/i.test(phrase) ? "Russian" : "English",
                id: id(phrase),
                title: phrase.trim(),
                phonemes: query.get("phonemes")?.replace(/^\/|\/$/g, "") ?? "heɪ dʒˈɑːɹvɪs",
                espeak: "heI dZ'A@vIs",
                syllables,
                seconds: 0.24 * syllables + 0.1,
                words,
                verdicts: [{ level: verdict[0], code: verdict[1], text: "" }].concat(
                    /jarvis/i.test(phrase) ? [{ level: "fair", code: "similar_words", text: "" }] : [],
                ),
                similar: /jarvis/i.test(phrase) ? ["harvest", "service"] : [],
                mute: query.get("phonemes")?.includes("x") ? "flite" : "",
                missing: query.get("phonemes")?.includes("☃")
                    ? '"☃" in /☃/ is no sign of IPA that is known here: write it with others'
                    : /[一-龥]/.test(phrase) ? "No voice speaks Chinese." : null,
            };
        },
        "GET /api/languages": () => ({ languages }),
        "POST /api/preview": ({ body }) => ({
            clips: ["slt", "rms", "awb", "f3", "m7"].map((voice, index) => ({
                url: `/api/preview/k${index}/${220 + 60 * index}.wav`,
                voice,
                engine: index < 3 ? "flite" : "espeak",
                text: body.phrase,
                seconds: 1,
            })),
        }),
        "GET /api/presets": () => ({ presets, threads: 2 }),
        "GET /api/datasets": () => ({
            sets: [{ name: "imported/kitchen", hours: 1.5, speech_hours: 0.4 }],
            debian: { download_bytes: 1238684436, disk_bytes: 3203443536 },
        }),
        "POST /api/train": ({ body }) =>
            training.running
                ? refuse(409, "TRAINING_RUNNING", "Training already running")
                : !session.safe_word
                  ? refuse(400, "", "No active session")
                  : session.takes_received === 0 && !body.allow_no_personal
                    ? refuse(
                          400,
                          "NO_PERSONAL_SAMPLES",
                          `No personal voice samples recorded (0/${session.takes_total}).`,
                          {
                              message: "You can train without personal voices, or record samples first.",
                              takes_total: session.takes_total,
                          },
                      )
                    : session.takes_received < 3 && session.takes_received > 0 && !body.allow_no_personal
                      ? refuse(
                            400,
                            "NOT_ENOUGH_TAKES",
                            `Not enough takes yet (${session.takes_received}/${session.takes_total}).`,
                            { min_required: 3, takes_total: session.takes_total },
                        )
                      : (begin(body),
                        {
                            started: true,
                            safe_word: session.safe_word,
                            personal_samples_used: session.takes_received,
                            allow_no_personal: false,
                        }),
        "POST /api/train/cancel": () => {
            (clearInterval(timer),
                (training = { ...training, state: "cancelled", running: false, exit_code: 2, resumable: true }));
            (write("stopped; what is done is kept\n"), tell("training", training));
            return { state: "cancelled" };
        },
        "GET /api/train_status": ({ query }) => {
            const since = Number(query.get("since") ?? 0),
                text = Buffer.from(log).subarray(since).toString();
            return { training: { ...training, log_text: text, log_begin: since, log_offset: Buffer.byteLength(log) } };
        },
        "GET /api/training/curves": () => curves,
        "GET /api/models": () => ({ base_url: "http://localhost:2704/models", models, damaged: [] }),
        "GET /api/samples": () => ({
            personal: session.items,
            negative: [],
            personal_count: session.items.length,
            negative_count: 2,
            captured_count: 0,
        }),
        "GET /api/captured_audio": () => ({ items: [], captured_count: 0 }),
        "GET /api/data": () => ({
            entries: [
                {
                    id: "models",
                    label: "Models",
                    category: "results",
                    description: "",
                    bytes: 4e6,
                    files: 12,
                    irreplaceable: true,
                    deletable: false,
                },
            ],
            total_bytes: 4e6,
            free_bytes: 4e10,
        }),
        "GET /api/about": () => ({
            version: "0.1.0",
            lan: false,
            secure: false,
            url: "http://localhost:2704",
            device_url: null,
            data_dir: "data",
            ffmpeg: true,
            paired: true,
        }),
        "GET /api/trash": () => ({ items: [] }),
        // for tests of the page
        "POST /api/canned/takes": ({ body }) => (
            setTakes(body.count),
            tell("recordings", { wake_word: session.safe_word }),
            {}
        ),
        "POST /api/canned/forget": () => ((session.items = []), (session.takes_received = 0), {}),
        "POST /api/canned/log": ({ body }) => (write(body.text), {}),
        "POST /api/canned/fail": ({ body }) => (
            clearInterval(timer),
            (training = {
                ...training,
                state: "failed",
                running: false,
                exit_code: 1,
                reason: body.reason,
                resumable: true,
            }),
            tell("training", training),
            {}
        ),
    };
    return async (incoming, outgoing) => {
        const url = new URL(incoming.url, "http://localhost");
        if (url.pathname === "/api/events") {
            outgoing.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
            (streams.add(outgoing), outgoing.on("close", () => streams.delete(outgoing)));
            const since = Number(url.searchParams.get("since") ?? 0),
                text = Buffer.from(log).subarray(since).toString();
            outgoing.write(`event: training\ndata: ${JSON.stringify(training)}\n\n`);
            if (text)
                outgoing.write(
                    `event: log\ndata: ${JSON.stringify({ job: training.job, offset: since, next: Buffer.byteLength(log), text })}\n\n`,
                );
            return;
        }
        if (url.pathname.startsWith("/api/preview/"))
            return void outgoing
                .writeHead(200, { "Content-Type": "audio/wav" })
                .end(tone(Number.parseInt(url.pathname.split("/").pop())));
        if (url.pathname === "/api/training/log")
            return void outgoing.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(log);
        let text = "";
        for await (const piece of incoming) text += piece;
        const answer = answers[`${incoming.method} ${url.pathname}`];
        let body = {};
        try {
            body = JSON.parse(text);
        } catch {
            /* a form, or nothing */
        }
        const { status = 200, ...json } = answer
            ? answer({ query: url.searchParams, body })
            : refuse(404, "", "there is no such answer here");
        outgoing
            .writeHead(status, { "Content-Type": "application/json" })
            .end(JSON.stringify({ ok: status === 200, ...json }));
    };
}
