export const LANGUAGES: string[];
export function placeholdersOf(value: unknown): string[];
export function readTexts(web: string, language: string): Record<string, unknown>;
export function checkTexts(web: string): string[];
