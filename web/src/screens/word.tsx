// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../i18n";
import { Card } from "../ui";

export function Word(_props: { id: string | null }) {
    return <><h1>{t("word.title")}</h1><Card>{t("word.lead")}</Card></>;
}
