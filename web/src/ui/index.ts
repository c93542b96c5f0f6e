// SPDX-License-Identifier: GPL-3.0-or-later
export * from "./basic";
export * from "./icons";
export * from "./play";
export * from "./undo";
