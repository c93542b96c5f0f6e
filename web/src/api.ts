// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the server. A request that fails throws an ApiError, whose message is one sentence for the reader.
import { t } from "./i18n";
import type * as Api from "./api-types";
import type { Answer } from "./api-types";

export class ApiError extends Error {
    constructor(
        message: string,
        readonly code: string,
        readonly status: number,
        readonly answer: Record<string, unknown> = {},
    ) {
        super(message);
    }
}
// What to show the reader of anything that was thrown.
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export interface Options {
    method?: "GET" | "POST" | "DELETE";
    query?: Record<string, string | number | boolean | null | undefined>;
    json?: unknown;
    form?: FormData;
    body?: Blob;
    headers?: Record<string, string>;
    signal?: AbortSignal;
}

export function urlOf(path: string, query: Options["query"] = {}): string {
    const values = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const text = new URLSearchParams(values.map(([key, value]) => [key, String(value)])).toString();
    return text ? `${path}?${text}` : path;
}
// A path component that may hold any character.
export const part = encodeURIComponent;

export async function request<T = Record<string, unknown>>(
    path: string,
    options: Options = {},
): Promise<T & { ok: true }> {
    const { method = "GET", query, json, form, body, headers = {}, signal } = options;
    let response: Response;
    try {
        response = await fetch(urlOf(path, query), {
            method,
            signal: signal ?? null,
            body: form ?? body ?? (json === undefined ? null : JSON.stringify(json)),
            headers: json === undefined ? headers : { ...headers, "Content-Type": "application/json" },
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw new ApiError(t("app.unreachable"), "UNREACHABLE", 0);
    }
    const answer: unknown = await response.json().catch(() => null);
    const known = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
    if (response.ok && known["ok"] === true) return known as T & { ok: true };
    const sentence =
        typeof known["error"] === "string" ? known["error"] : t("app.bad_answer", { status: String(response.status) });
    throw new ApiError(sentence, typeof known["code"] === "string" ? known["code"] : "", response.status, known);
}

const post = <T>(path: string, json: unknown = {}, signal?: AbortSignal) =>
    request<T>(path, { method: "POST", json, ...(signal ? { signal } : {}) });
const upload = <T>(path: string, form: FormData, signal?: AbortSignal) =>
    request<T>(path, { method: "POST", form, ...(signal ? { signal } : {}) });
const remove = <T>(path: string, query?: Options["query"]) =>
    request<T>(path, { method: "DELETE", ...(query ? { query } : {}) });

export interface StartSession {
    phrase: string;
    speakers_total?: number | null;
    takes_per_speaker?: number | null;
    lang?: string;
    phonemes?: string | null;
    also?: string[];
}
export interface StartTraining {
    allow_no_personal?: boolean;
    preset?: string;
    phonemes?: string;
    also?: string[];
    false_accepts?: number;
    restart?: boolean;
    fetch?: boolean;
}

type Sample = Pick<Api.Recording, "bucket" | "saved_as" | "wake_word">;
const sampleUrl = ({ bucket, saved_as }: Sample) => `/api/samples/${bucket}/${part(saved_as)}`;

export const api = {
    session: () => request<Api.Session>("/api/session"),
    startSession: (given: StartSession) => post<Api.Session>("/api/start_session", given),
    uploadTake: (form: FormData, signal?: AbortSignal) =>
        upload<Answer<"POST /api/upload_take">>("/api/upload_take", form, signal),
    uploadSample: (bucket: "personal" | "negative", form: FormData) =>
        upload<Answer<"POST /api/upload_personal_sample">>(`/api/upload_${bucket}_sample`, form),
    resetRecordings: () => post<Answer<"POST /api/reset_recordings">>("/api/reset_recordings"),
    importLoose: () => post<Answer<"POST /api/import_loose">>("/api/import_loose"),

    samples: (wakeWord?: string | null) => request<Api.Samples>("/api/samples", { query: { wake_word: wakeWord } }),
    captured: () => request<Answer<"GET /api/captured_audio">>("/api/captured_audio"),
    judgeCaptured: (file: string, verdict: "approve_personal" | "mark_negative" | "discard", wakeWord?: string) =>
        post<Answer<"POST /api/captured_audio/{file}/{verdict}">>(
            `/api/captured_audio/${part(file)}/${verdict}`,
            wakeWord ? { wake_word: wakeWord } : {},
        ),
    deleteSample: (item: Sample) =>
        remove<Answer<"DELETE /api/samples/{bucket}/{file}">>(sampleUrl(item), { wake_word: item.wake_word }),
    findSpeech: (item: Sample) =>
        request<Answer<"POST /api/samples/{bucket}/{file}/vad">>(`${sampleUrl(item)}/vad`, {
            method: "POST",
            json: {},
            query: { wake_word: item.wake_word },
        }),
    trimSample: (form: FormData) => upload<Answer<"POST /api/samples/trim">>("/api/samples/trim", form),
    revertSample: (form: FormData) => upload<Answer<"POST /api/samples/revert">>("/api/samples/revert", form),
    trash: () => request<{ items: Api.TrashItem[] }>("/api/trash"),
    restore: (ticket: string) => post<Answer<"POST /api/trash/{ticket}/restore">>(`/api/trash/${part(ticket)}/restore`),

    hints: (phrase: string, lang: string | null, phonemes: string, signal?: AbortSignal) =>
        request<Api.Hints>("/api/hints", { query: { phrase, lang, phonemes: phonemes || null }, ...(signal ? { signal } : {}) }),
    languages: () => request<Answer<"GET /api/languages">>("/api/languages"),
    preview: (
        given: { phrase: string; lang?: string; phonemes?: string; also?: string[]; clips?: number },
        signal?: AbortSignal,
    ) => post<Answer<"POST /api/preview">>("/api/preview", given, signal),

    presets: () => request<Answer<"GET /api/presets">>("/api/presets"),
    datasets: () => request<Api.Datasets>("/api/datasets"),
    train: (given: StartTraining) => post<Answer<"POST /api/train">>("/api/train", given),
    cancelTraining: () => post<Answer<"POST /api/train/cancel">>("/api/train/cancel"),
    trainStatus: (since: number) =>
        request<{ training: Api.Training & { log_text: string; log_begin: number; log_offset: number } }>(
            "/api/train_status",
            { query: { since } },
        ),
    curves: () => request<Api.Curves>("/api/training/curves"),

    models: () => request<Answer<"GET /api/models"> & { models: Api.Model[] }>("/api/models"),
    model: (run: string, level?: Api.Sensitivity) =>
        request<Answer<"GET /api/models/{run}"> & { model: Api.Model }>(`/api/models/${part(run)}`, { query: { level } }),
    deleteModel: (run: string) => remove<Answer<"DELETE /api/models/{run}">>(`/api/models/${part(run)}`),
    data: () => request<Answer<"GET /api/data">>("/api/data"),
    deleteData: (id: string) => remove<Answer<"DELETE /api/data/{id}">>(`/api/data/${part(id)}`),
    about: () => request<Api.About>("/api/about"),
    pair: () => post<Answer<"POST /api/pairing">>("/api/pairing"),
};
