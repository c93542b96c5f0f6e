import type { IncomingMessage, Server, ServerResponse } from "node:http";
export function pageServer(web: string, api: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown): Server;
