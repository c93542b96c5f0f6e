// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../i18n";
import { Card } from "../ui";

export function Train(_props: { id: string | null }) {
    return <><h1>{t("train.title")}</h1><Card>{t("train.lead")}</Card></>;
}
