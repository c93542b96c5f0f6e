// SPDX-License-Identifier: GPL-3.0-or-later
// Files that were dropped: sent two at a time, each with its own row; one that fails holds no other up.

export interface FileRow {
    file: File;
    state: "waiting" | "sending" | "done" | "failed";
    note: string; // why it failed, or what the server says about it
    faults: string[]; // badges
}
export interface Sent {
    message: string;
    badges: string[];
}

const LARGEST = 10 * 2 ** 20; // bytes, that the server takes
const SOUNDS = /\.(wav|flac|ogg|oga|opus|mp3|m4a|aac|webm|aiff?|au|caf|mp4|wma)$/i;
export const isSound = (file: Pick<File, "name" | "type">): boolean => file.type.startsWith("audio/") || SOUNDS.test(file.name);

export class FileQueue {
    rows: FileRow[] = [];
    private running = 0;

    constructor(private readonly send: (file: File) => Promise<Sent>, private readonly changed: () => void,
                private readonly tooLarge: () => string, private readonly atOnce = 2) {}

    get done(): number {
        return this.rows.filter(row => row.state === "done" || row.state === "failed").length;
    }

    get busy(): boolean {
        return this.done < this.rows.length;
    }

    // A new batch takes the place of one that is finished.
    add(files: readonly File[]): void {
        const rows = files.map((file): FileRow => file.size > LARGEST
            ? { file, state: "failed", note: this.tooLarge(), faults: [] } : { file, state: "waiting", note: "", faults: [] });
        this.rows = this.busy ? [...this.rows, ...rows] : rows;
        this.work();
    }

    retry(): void {
        for (const row of this.rows)
            if (row.state === "failed" && row.file.size <= LARGEST) row.state = "waiting";
        this.work();
    }

    private work(): void {
        for (const row of this.rows) {
            if (this.running >= this.atOnce) break;
            if (row.state === "waiting") void this.bring(row);
        }
        this.changed();
    }

    private async bring(row: FileRow): Promise<void> {
        this.running++;
        row.state = "sending";
        try {
            const { message, badges } = await this.send(row.file);
            Object.assign(row, { state: "done", note: message, faults: badges });
        } catch (error) {
            Object.assign(row, { state: "failed", note: error instanceof Error ? error.message : String(error) });
        }
        this.running--;
        this.work();
    }
}

// All files of a drop, those in folders too.
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
    const entries = [...transfer.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null);
    if (!entries.length) return [...transfer.files];
    return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
    if (entry.isFile) return [await new Promise<File>((found, failed) => (entry as FileSystemFileEntry).file(found, failed))];
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const all: FileSystemEntry[] = [];
    for (;;) { // gives a hundred at a time
        const some = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed));
        if (!some.length) return (await Promise.all(all.map(filesOf))).flat();
        all.push(...some);
    }
}
