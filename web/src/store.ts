// SPDX-License-Identifier: GPL-3.0-or-later
// A value that components watch.
import { useEffect, useState } from "preact/hooks";

export interface Store<T> {
    get(): T;
    set(value: T): void;
    change(change: (value: T) => T): void;
    watch(watcher: () => void): () => void;
}

export function createStore<T>(first: T): Store<T> {
    let value = first;
    const watchers = new Set<() => void>();
    const set = (next: T) => {
        if (Object.is(next, value)) return;
        value = next;
        for (const watcher of [...watchers]) watcher();
    };
    return {
        get: () => value,
        set,
        change: change => set(change(value)),
        watch: watcher => (watchers.add(watcher), () => void watchers.delete(watcher)),
    };
}

export function useStore<T>(store: Store<T>): T {
    const [, draw] = useState(0);
    useEffect(() => {
        const watcher = () => draw(count => count + 1);
        const stop = store.watch(watcher);
        watcher(); // it may have changed between drawing and watching
        return stop;
    }, [store]);
    return store.get();
}
