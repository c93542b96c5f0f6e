// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../i18n";
import { Card } from "../ui";

export function Use(_props: { id: string | null }) {
    return <><h1>{t("use.title")}</h1><Card>{t("use.lead")}</Card></>;
}
