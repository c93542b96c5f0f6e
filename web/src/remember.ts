// SPDX-License-Identifier: GPL-3.0-or-later
// Small choices of this browser. Storage may be forbidden (private windows): then they last as long as the page.
const kept = new Map<string, string>();

export function remembered(name: string): string | null {
    try {
        return localStorage.getItem(`wakesmith.${name}`);
    } catch {
        return kept.get(name) ?? null;
    }
}

export function remember(name: string, value: string): void {
    kept.set(name, value);
    try {
        localStorage.setItem(`wakesmith.${name}`, value);
    } catch { /* it is in `kept` */ }
}
