// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../i18n";
import { Card } from "../ui";

export function Data(_props: { item: string | null }) {
    return <><h1>{t("data.title")}</h1><Card>{t("data.lead")}</Card></>;
}
