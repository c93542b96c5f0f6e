import type { IncomingMessage, ServerResponse } from "node:http";
export function cannedServer(options?: { seconds?: number; takes?: number }):
    (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
