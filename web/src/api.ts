// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the server. A request that fails throws an ApiError, whose message is one sentence for the reader.
import { t } from "./i18n";
import type * as Api from "./api-types";

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
const remove = <T>(path: string, query?: Options["query"]) =>
    request<T>(path, { method: "DELETE", ...(query ? { query } : {}) });

export interface StartSession {
    phrase: string;
    speakers_total?: number | null;
    takes_per_speaker?: number | null;
    lang?: string;
    also?: string[];
}
export interface StartTraining {
    allow_no_personal?: boolean;
    preset?: string;
    also?: string[];
    false_accepts?: number;
    restart?: boolean;
}

export const api = {
    session: () => request<Api.Session>("/api/session"),
    startSession: (given: StartSession) => post<Api.Session>("/api/start_session", given),
    uploadTake: (form: FormData, signal?: AbortSignal) =>
        request<{ saved_as: string; takes_received: number; item: Api.Recording }>("/api/upload_take", {
            method: "POST",
            form,
            ...(signal ? { signal } : {}),
        }),
    resetRecordings: () => post<{ tickets: string[]; moved: number }>("/api/reset_recordings"),
    uploadSample: (bucket: "personal" | "negative", form: FormData) =>
        request<{
            saved_as: string;
            converted: boolean;
            detected_format: string;
            final_format: string;
            message: string;
            item: Api.Recording;
        }>(`/api/upload_${bucket}_sample`, { method: "POST", form }),
    importLoose: () => post<{ moved: number }>("/api/import_loose"),

    samples: (wakeWord?: string | null) => request<Api.Samples>("/api/samples", { query: { wake_word: wakeWord } }),
    captured: () => request<{ items: Api.Recording[]; captured_count: number }>("/api/captured_audio"),
    judgeCaptured: (file: string, verdict: "approve_personal" | "mark_negative" | "discard", wakeWord?: string) =>
        post<{ item?: Api.Recording; ticket?: string }>(
            `/api/captured_audio/${part(file)}/${verdict}`,
            wakeWord ? { wake_word: wakeWord } : {},
        ),
    deleteSample: (item: Pick<Api.Recording, "bucket" | "saved_as" | "wake_word">) =>
        remove<{ ticket: string }>(`/api/samples/${item.bucket}/${part(item.saved_as)}`, { wake_word: item.wake_word }),
    findSpeech: (item: Pick<Api.Recording, "bucket" | "saved_as" | "wake_word">) =>
        request<{ segments: { start: number; end: number }[]; segment_count: number }>(
            `/api/samples/${item.bucket}/${part(item.saved_as)}/vad`,
            { method: "POST", json: {}, query: { wake_word: item.wake_word } },
        ),
    trimSample: (form: FormData) => request<{ item: Api.Recording }>("/api/samples/trim", { method: "POST", form }),
    revertSample: (form: FormData) => request<{ item: Api.Recording }>("/api/samples/revert", { method: "POST", form }),
    trash: () => request<{ items: Api.TrashItem[] }>("/api/trash"),
    restore: (ticket: string) => post<{ item?: Api.Recording; run?: string }>(`/api/trash/${part(ticket)}/restore`),

    hints: (phrase: string, lang: string | null, signal?: AbortSignal) =>
        request<Api.Hints>("/api/hints", { query: { phrase, lang }, ...(signal ? { signal } : {}) }),
    languages: () => request<{ languages: Api.SpokenLanguage[] }>("/api/languages"),
    preview: (given: { phrase: string; lang?: string; also?: string[]; clips?: number }, signal?: AbortSignal) =>
        post<{ clips: Api.PreviewClip[] }>("/api/preview", given, signal),

    presets: () => request<{ presets: Api.Preset[]; threads: number }>("/api/presets"),
    train: (given: StartTraining) =>
        post<{ started: true; safe_word: string; personal_samples_used: number | boolean; allow_no_personal: boolean }>(
            "/api/train",
            given,
        ),
    cancelTraining: () => post<{ state: Api.TrainingState }>("/api/train/cancel"),
    trainStatus: (since: number) =>
        request<{ training: Api.Training & { log_text: string; log_begin: number; log_offset: number } }>(
            "/api/train_status",
            { query: { since } },
        ),
    curves: () => request<Api.Curves>("/api/training/curves"),

    models: () => request<{ base_url: string; models: Api.Model[]; damaged: Api.DamagedRun[] }>("/api/models"),
    model: (run: string, level?: Api.Sensitivity) =>
        request<{ model: Api.Model; manifest: unknown; report: unknown; yaml: string }>(`/api/models/${part(run)}`, {
            query: { level },
        }),
    deleteModel: (run: string) => remove<{ ticket: string }>(`/api/models/${part(run)}`),
    data: () => request<{ entries: Api.DataEntry[]; total_bytes: number; free_bytes: number }>("/api/data"),
    deleteData: (id: string) => remove<{ released_bytes: number }>(`/api/data/${part(id)}`),
    about: () => request<Api.About>("/api/about"),
    pair: () => post<{ url: string; qr_svg: string; expires_s: number }>("/api/pairing"),
};
