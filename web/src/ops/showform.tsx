// Planning a show, or changing what of its plan may still change.

import { useState } from "preact/hooks";
import type { Host, Incidents, Offer, Policy, Product, Show } from "../wire/api";
import { api, at } from "../wire/http";
import { localeNames, locales } from "../ui/i18n";
import { Field, money, Select, t, useLoad } from "../ui";
import { changed, fromLocalInput, isSlug, slugify, toLocalInput, wholeIn } from "./fields";
import { CheckList, Form } from "./form";
import { draftOfPolicy, type PolicyDraft, policyOf, policyReady } from "./policy";
import { PolicyPart } from "./policyform";

interface Draft {
  slug: string;
  title: string;
  host: string;
  standby: string;
  language: string;
  delay: string;
  starts: string;
  start: "auto" | "manual";
}

/** What a server is set up with unless somebody said otherwise; long enough for a person to act on what is heard. */
const DELAY_S = 12;

function draftOf(show: Show | null): Draft {
  return {
    slug: show?.slug ?? "",
    title: show?.title ?? "",
    host: show?.host.slug ?? "",
    standby: show?.standby?.slug ?? "",
    language: show?.language ?? "en",
    delay: String(show?.delay_s ?? DELAY_S),
    starts: toLocalInput(show?.starts_at),
    start: show?.start ?? "auto",
  };
}

interface Choices {
  hosts: Host[];
  products: Product[];
  offered: string[];
  policy: Policy | null;
}

async function loadChoices(show: Show | null): Promise<Choices> {
  const [hosts, products, offers, caught] = await Promise.all([
    api.get<Host[]>("/hosts"),
    api.get<Product[]>("/products"),
    show ? api.get<Offer[]>(`/shows${at(show.slug)}/offers`) : null,
    show ? api.get<Incidents>(`/shows${at(show.slug)}/incidents`) : null,
  ]);
  return { hosts, products, offered: offers?.map((o) => o.sku) ?? [], policy: caught?.policy ?? null };
}

export function ShowForm({ show, onClose, onSaved }: { show: Show | null; onClose: () => void; onSaved: () => void }) {
  const choices = useLoad(() => loadChoices(show), [show?.slug]);
  const [before] = useState(() => draftOf(show));
  const [draft, setDraft] = useState(before);
  const [offers, setOffers] = useState<string[] | null>(null);
  const data: Choices = choices.now.state === "ready" ? choices.now.data : { hosts: [], products: [], offered: [], policy: null };
  const [edited, setPolicy] = useState<PolicyDraft | null>(null);
  const policy = edited ?? draftOfPolicy(data.policy);
  const chosen = offers ?? data.offered;
  const set = <K extends keyof Draft>(key: K) => (value: Draft[K]) => setDraft((d) => ({ ...d, [key]: value }));
  const delay = wholeIn(draft.delay, 0, 60);
  const slugOk = show !== null || isSlug(draft.slug);
  const ready = draft.title.trim() !== "" && slugOk && draft.host !== "" && delay !== null && policyReady(policy);

  const save = async () => {
    const wanted = policyOf(policy);
    if (show) await change(show, before, draft, edited && JSON.stringify(wanted) !== JSON.stringify(data.policy) ? wanted : null);
    else {
      const plan = body(draft);
      await api.post("/shows", { ...plan, slug: draft.slug, host: draft.host, offers: chosen, starts_at: plan.starts_at || null, standby: plan.standby || null, ...(wanted ? { policy: wanted } : {}) });
    }
    if (show) await changeOffers(show.slug, data.offered, chosen);
    onSaved();
  };
  const hostOptions = data.hosts.map((h) => ({ value: h.slug, label: h.name }));
  return (
    <Form title={show ? show.title : t("ops.shows.new")} onClose={onClose} onSave={save} disabled={!ready} {...(show ? {} : { submit: t("ops.create") })}>
      <Field label={t("ops.title")} value={draft.title} required onValue={(title) => setDraft((d) => ({ ...d, title, slug: show || d.slug !== slugify(d.title) ? d.slug : slugify(title) }))} />
      {show ? null : <Field label={t("ops.slug")} value={draft.slug} required spellcheck={false} autocapitalize="none" onValue={set("slug")} hint={t("ops.slug.hint")} error={draft.slug && !slugOk ? t("ops.slug.bad") : null} />}
      {show ? null : <Select label={t("ops.host")} value={draft.host} options={[{ value: "", label: "—" }, ...hostOptions]} onValue={set("host")} />}
      <Select label={t("ops.standby")} hint={t("ops.standby.hint")} value={draft.standby} options={[{ value: "", label: t("ops.none") }, ...hostOptions.filter((h) => h.value !== draft.host)]} onValue={set("standby")} />
      <div class="form-two">
        <Select label={t("ops.language")} value={draft.language} options={languages(draft.language)} onValue={set("language")} />
        <Field label={t("ops.delay.seconds")} type="number" min="0" max="60" value={draft.delay} onValue={set("delay")} error={delay === null ? t("ops.delay.bad") : null} />
      </div>
      <Field label={t("ops.starts_at")} type="datetime-local" value={draft.starts} onValue={set("starts")} />
      <Select label={t("ops.start_mode")} value={draft.start} options={[{ value: "auto", label: t("ops.start_mode.auto") }, { value: "manual", label: t("ops.start_mode.manual") }]} onValue={(v) => set("start")(v as Draft["start"])} />
      <CheckList
        label={t("ops.offers")}
        options={data.products.map((p) => ({ value: p.sku, label: p.title, note: `${p.sku} · ${money(p.price)}` }))}
        chosen={chosen}
        onChosen={setOffers}
        empty={t("ops.products.empty")}
      />
      <PolicyPart draft={policy} onDraft={setPolicy} planned={show !== null} has={data.policy !== null} delayS={delay} />
    </Form>
  );
}

function languages(current: string): { value: string; label: string }[] {
  const known = locales.map((l) => ({ value: l as string, label: localeNames[l] }));
  return known.some((l) => l.value === current) ? known : [...known, { value: current, label: current }];
}

/** As a change takes it: an empty text means none. */
function body(draft: Draft) {
  return {
    title: draft.title.trim(),
    standby: draft.standby,
    language: draft.language,
    delay_s: Number(draft.delay),
    starts_at: fromLocalInput(draft.starts) ?? "",
    start: draft.start,
  };
}

async function change(show: Show, before: Draft, after: Draft, policy: Policy | null): Promise<void> {
  const patch: Partial<ReturnType<typeof body> & { policy: Policy }> = changed(body(before), body(after));
  if (policy) patch.policy = policy;
  // A live show's delay changes behind the slate or by a dump, which is the desk's own call.
  if (show.status === "live" && patch.delay_s !== undefined) {
    await api.post(`/shows${at(show.slug)}/delay`, { delay_s: patch.delay_s });
    delete patch.delay_s;
  }
  if (Object.keys(patch).length > 0) await api.patch(`/shows${at(show.slug)}`, patch);
}

async function changeOffers(slug: string, before: readonly string[], after: readonly string[]): Promise<void> {
  for (const sku of after.filter((s) => !before.includes(s))) await api.post(`/shows${at(slug)}/offers`, { sku });
  for (const sku of before.filter((s) => !after.includes(s))) await api.delete(`/shows${at(slug)}/offers${at(sku)}`);
}
