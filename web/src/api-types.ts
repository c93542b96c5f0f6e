// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of the server's answers, from its own description (server-types.ts), by the names that the page uses.
// Where the page knows more than a shape can say (pairs of numbers, the keys of a map), it is said here.
import type * as Server from "./server-types";

export type Answer<Route extends keyof Server.Answers> = Omit<Server.Answers[Route], "ok">;
type With<Shape, More> = Omit<Shape, keyof More> & More;

export type Recording = Server.Recording;
export type Bucket = Recording["bucket"];
export type Badge = "too_quiet" | "clipped" | "too_short" | "noisy" | "no_speech";
export type Samples = Answer<"GET /api/samples">;
export type TrashItem = { ticket: string; [key: string]: unknown };

export type Training = Server.Training;
export type TrainingState = Training["state"];
export type Stage = NonNullable<Training["stage"]>;
export type Session = Answer<"GET /api/session">;

export type Hints = Answer<"GET /api/hints">;
export type SpokenLanguage = Answer<"GET /api/languages">["languages"][number];
export type PreviewClip = Answer<"POST /api/preview">["clips"][number];
export type Preset = Answer<"GET /api/presets">["presets"][number];
export type Datasets = Answer<"GET /api/datasets">;
export type Curves = With<
    Answer<"GET /api/training/curves">,
    {
        loss: [step: number, loss: number][];
        judged: [step: number, recall: number, perHour: number][];
    }
>;

export type Sensitivity = "slightly" | "moderately" | "very";
export type Level = With<
    Server.Level,
    { recall_interval: [low: number, high: number]; per_hour_interval: [low: number, high: number | null] }
>;
export type Model = With<
    Server.Model,
    {
        levels: Partial<Record<Sensitivity, Level>>;
        held_out: { hours: number; real_hours: number; clips: number };
    }
>;
export type DamagedRun = Answer<"GET /api/models">["damaged"][number];
export type DataEntry = Answer<"GET /api/data">["entries"][number];
export type About = Answer<"GET /api/about">;

// Data of the event `log`: whole lines from byte `offset` of the log of `job`.
export interface LogChunk {
    job: string | null;
    offset: number;
    next: number;
    text: string;
}
