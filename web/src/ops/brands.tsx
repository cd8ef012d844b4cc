// Brands: the names under which products are sold.

import { useState } from "preact/hooks";
import type { Brand } from "../wire/api";
import { api, at } from "../wire/http";
import { Button, Field, t, Table, useLoad } from "../ui";
import { Loaded } from "./data";
import { isSlug, slugify } from "./fields";
import { Form } from "./form";

export function BrandsTab() {
  const brands = useLoad(() => api.get<Brand[]>("/brands"), []);
  const [open, setOpen] = useState<Brand | "new" | null>(null);
  return (
    <>
      <Loaded load={brands}>
        {(rows) => (
          <Table
            rows={rows}
            columns={[
              { key: "name", title: t("ops.name"), value: (b) => b.name },
              { key: "slug", title: t("ops.slug"), value: (b) => b.slug },
              { key: "do", title: "", value: () => null, cell: (b) => <span class="cell-actions"><Button size="small" look="quiet" onClick={() => setOpen(b)}>{t("ops.edit")}</Button></span> },
            ]}
            rowKey={(brand) => brand.slug}
            caption={t("ops.tab.brands")}
            exportName="brands"
            empty={t("ops.brands.empty")}
            tools={<Button size="small" look="primary" onClick={() => setOpen("new")}>{t("ops.brands.new")}</Button>}
          />
        )}
      </Loaded>
      {open ? <BrandForm key={open === "new" ? "new" : open.slug} brand={open === "new" ? null : open} onClose={() => setOpen(null)} onSaved={brands.reload} /> : null}
    </>
  );
}

function BrandForm({ brand, onClose, onSaved }: { brand: Brand | null; onClose: () => void; onSaved: () => void }) {
  const [name, setName] = useState(brand?.name ?? "");
  const [slug, setSlug] = useState(brand?.slug ?? "");
  const ok = name.trim() !== "" && (brand !== null || isSlug(slug));
  const save = async () => {
    if (brand) await api.patch(`/brands${at(brand.slug)}`, { name: name.trim() });
    else await api.post("/brands", { slug, name: name.trim() });
    onSaved();
  };
  return (
    <Form title={brand?.name ?? t("ops.brands.new")} onClose={onClose} onSave={save} disabled={!ok} {...(brand ? {} : { submit: t("ops.create") })}>
      <Field label={t("ops.name")} value={name} required onValue={(v) => { if (!brand && slug === slugify(name)) setSlug(slugify(v)); setName(v); }} />
      {brand ? null : <Field label={t("ops.slug")} value={slug} required spellcheck={false} autocapitalize="none" onValue={setSlug} hint={t("ops.slug.hint")} error={slug && !isSlug(slug) ? t("ops.slug.bad") : null} />}
    </Form>
  );
}
