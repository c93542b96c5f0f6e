// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../i18n";
import { Card } from "../ui";

export function Models(_props: { item: string | null }) {
    return <><h1>{t("models.title")}</h1><Card>{t("models.lead")}</Card></>;
}
