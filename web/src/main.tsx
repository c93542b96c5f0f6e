// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { App } from "./app";
import { start } from "./state";
import { startTheme } from "./theme";
import "./styles/index.css";

startTheme();
render(<App />, document.getElementById("app")!);
void start();
