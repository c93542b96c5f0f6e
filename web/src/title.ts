// SPDX-License-Identifier: GPL-3.0-or-later
import type { Training } from "./api-types";

// What the browser's tab says: how far a training is comes first.
export function pageTitle(brand: string, screen: string, training: Pick<Training, "running" | "progress">): string {
    const name = `${screen} · ${brand}`;
    return training.running ? `${Math.floor(100 * training.progress)} % · ${name}` : name;
}
