// SPDX-License-Identifier: GPL-3.0-or-later
// Recording on a phone: its address as a QR code, which works once.
import { useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../../api";
import type { About } from "../../api-types";
import { formatDuration, t } from "../../i18n";
import { Button, CopyButton, Notice } from "../../ui";

interface Pairing {
    url: string;
    qr_svg: string;
    expires_s: number;
}

export function Phone({ about }: { about: About | null }) {
    const [pairing, setPairing] = useState<Pairing | null>(null), [expired, setExpired] = useState(false);
    const [busy, setBusy] = useState(false), [trouble, setTrouble] = useState<string | null>(null);
    useEffect(() => {
        setExpired(false);
        if (!pairing) return;
        const timer = setTimeout(() => setExpired(true), 1000 * pairing.expires_s);
        return () => clearTimeout(timer);
    }, [pairing]);
    if (about && !about.lan) return (
        <div class="stack-close">
            <p>{t("voices.phone_needs_lan")}</p>
            <div class="row"><code class="command">wakesmith serve --lan</code><CopyButton kind="quiet" text="wakesmith serve --lan" /></div>
        </div>
    );
    const show = () => {
        setBusy(true);
        setTrouble(null);
        api.pair().then(setPairing, error => setTrouble(sentenceOf(error))).finally(() => setBusy(false));
    };
    return (
        <div class="stack-close">
            <p class="muted">{t("voices.phone_lead")}</p>
            {pairing && !expired && <>
                <div class="qr" role="img" aria-label={t("voices.phone_qr")} dangerouslySetInnerHTML={{ __html: pairing.qr_svg }} />
                <div class="row"><code class="command">{pairing.url}</code><CopyButton kind="quiet" text={pairing.url} /></div>
                <p class="small">{t("voices.phone_once", { time: formatDuration(pairing.expires_s) })}</p>
                <p class="small">{t("voices.phone_warning")}</p>
            </>}
            {expired && <p>{t("voices.phone_expired")}</p>}
            {(!pairing || expired) && <div><Button icon="phone" busy={busy} onClick={show}>{t("voices.phone_show")}</Button></div>}
            {trouble && <Notice tone="warn">{trouble}</Notice>}
        </div>
    );
}
