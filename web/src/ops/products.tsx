// Products: what there is to sell, its stock, and the import of a shop's own file.

import { useState } from "preact/hooks";
import type { Brand, Category, Product } from "../wire/api";
import { api, at } from "../wire/http";
import { hasRole } from "../wire/session";
import { Button, type Column, decimalOf, Field, money, parseMoney, Select, t, Table, useLoad } from "../ui";
import { Loaded } from "./data";
import { wholeIn } from "./fields";
import { Form } from "./form";
import { ImportPanel } from "./import";

type Open = { what: "new" | "import" } | { what: "edit" | "stock"; product: Product } | null;

/** The server gives at most so many at once; a search finds the others. */
const SHOWN_MAX = 500;
const STOCK_MAX = 1_000_000_000;

export function ProductsTab() {
  const [query, setQuery] = useState("");
  const products = useLoad(() => api.get<Product[]>(`/products${query ? `?q=${encodeURIComponent(query)}` : ""}`), [query]);
  const [open, setOpen] = useState<Open>(null);
  const operator = hasRole("operator");
  const close = () => setOpen(null);
  return (
    <>
      <Loaded load={products}>
        {(rows) => (
          <>
            {rows.length >= SHOWN_MAX || query ? <Search onSearch={setQuery} full={rows.length >= SHOWN_MAX} /> : null}
            <Table
              rows={rows}
              columns={columns(operator, setOpen)}
              rowKey={(product) => product.sku}
              caption={t("ops.tab.products")}
              exportName="products"
              empty={t("ops.products.empty")}
              tools={operator ? <><Button size="small" onClick={() => setOpen({ what: "import" })}>{t("ops.import.title")}</Button><Button size="small" look="primary" onClick={() => setOpen({ what: "new" })}>{t("ops.products.new")}</Button></> : null}
            />
          </>
        )}
      </Loaded>
      {open?.what === "new" ? <ProductForm product={null} onClose={close} onSaved={products.reload} /> : null}
      {open?.what === "edit" ? <ProductForm key={open.product.sku} product={open.product} onClose={close} onSaved={products.reload} /> : null}
      {open?.what === "stock" ? <StockForm key={open.product.sku} product={open.product} onClose={close} onSaved={products.reload} /> : null}
      {open?.what === "import" ? <ImportPanel onClose={close} onDone={products.reload} /> : null}
    </>
  );
}

function Search({ onSearch, full }: { onSearch: (query: string) => void; full: boolean }) {
  const [text, setText] = useState("");
  return (
    <form class="row ops-search" onSubmit={(event) => { event.preventDefault(); onSearch(text.trim()); }}>
      <input class="input" type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} aria-label={t("ops.search")} placeholder={t("ops.search")} />
      <Button type="submit" size="small">{t("ops.search.go")}</Button>
      {full ? <span class="muted small">{t("ops.products.first", { n: SHOWN_MAX })}</span> : null}
    </form>
  );
}

function columns(operator: boolean, open: (open: Open) => void): Column<Product>[] {
  return [
    { key: "sku", title: t("ops.sku"), value: (p) => p.sku },
    { key: "title", title: t("ops.title"), value: (p) => p.title },
    { key: "brand", title: t("ops.brand"), value: (p) => p.brand },
    { key: "category", title: t("ops.category"), value: (p) => p.category },
    { key: "price", title: t("ops.price"), numeric: true, value: (p) => p.price.minor, cell: (p) => money(p.price) },
    { key: "stock", title: t("ops.stock"), numeric: true, value: (p) => p.stock },
    { key: "reserved", title: t("ops.reserved"), numeric: true, value: (p) => p.reserved },
    { key: "sold", title: t("ops.sold"), numeric: true, value: (p) => p.sold },
    { key: "left", title: t("ops.left"), numeric: true, value: (p) => p.left, cell: (p) => (p.left === 0 ? <b>{t("desk.shop.sold_out")}</b> : p.left) },
    ...(operator ? [{
      key: "do", title: "", value: () => null,
      cell: (p: Product) => (
        <span class="cell-actions">
          <Button size="small" onClick={() => open({ what: "stock", product: p })}>{t("ops.stock")}</Button>
          <Button size="small" look="quiet" onClick={() => open({ what: "edit", product: p })}>{t("ops.edit")}</Button>
        </span>
      ),
    }] : []),
  ];
}

function ProductForm({ product, onClose, onSaved }: { product: Product | null; onClose: () => void; onSaved: () => void }) {
  const choices = useLoad(() => Promise.all([api.get<Brand[]>("/brands"), api.get<Category[]>("/categories")]), []);
  const [brands, categories] = choices.now.state === "ready" ? choices.now.data : [[], []];
  const [sku, setSku] = useState(product?.sku ?? "");
  const [title, setTitle] = useState(product?.title ?? "");
  const [brand, setBrand] = useState(product?.brand ?? "");
  const [category, setCategory] = useState(product?.category ?? "");
  const [price, setPrice] = useState(product ? decimalOf(product.price) : "");
  const [currency, setCurrency] = useState(product?.price.currency ?? "CNY");
  const [stock, setStock] = useState("0");
  const [image, setImage] = useState(product?.image ?? "");
  const amount = /^[A-Z]{3}$/.test(currency) ? parseMoney(price, currency) : null;
  const opening = wholeIn(stock, 0, STOCK_MAX);
  const ready = sku.trim() !== "" && title.trim() !== "" && brand !== "" && amount !== null && opening !== null;
  const save = async () => {
    const body = { title: title.trim(), brand, category: category.trim(), price: amount };
    if (product) await api.patch(`/products${at(product.sku)}`, { ...body, image: image.trim() });
    else await api.post("/products", { sku: sku.trim(), ...body, stock: opening, image: image.trim() || null });
    onSaved();
  };
  return (
    <Form title={product?.title ?? t("ops.products.new")} onClose={onClose} onSave={save} disabled={!ready} {...(product ? {} : { submit: t("ops.create") })}>
      {product ? null : <Field label={t("ops.sku")} value={sku} required spellcheck={false} onValue={setSku} />}
      <Field label={t("ops.title")} value={title} required onValue={setTitle} />
      <Select label={t("ops.brand")} value={brand} options={[{ value: "", label: "—" }, ...brands.map((b) => ({ value: b.slug, label: b.name }))]} onValue={setBrand} {...(choices.now.state === "ready" && brands.length === 0 ? { hint: t("ops.products.no_brand") } : {})} />
      <Field label={t("ops.category")} value={category} onValue={setCategory} {...(categories.length > 0 ? { hint: t("ops.category.known", { list: categories.slice(0, 8).map((c) => c.name).join(", ") }) } : {})} />
      <div class="form-two">
        <Field label={t("ops.price")} value={price} inputMode="decimal" required onValue={setPrice} error={price && !amount ? t("desk.shop.price_bad") : null} {...(product ? { hint: t("ops.price.hint") } : {})} />
        <Field label={t("ops.currency")} value={currency} required maxLength={3} onValue={(v) => setCurrency(v.toUpperCase())} />
      </div>
      {product ? null : <Field label={t("ops.stock.opening")} value={stock} inputMode="numeric" onValue={setStock} error={opening === null ? t("ops.stock.bad") : null} />}
      <Field label={t("ops.image")} type="url" value={image} onValue={setImage} />
    </Form>
  );
}

function StockForm({ product, onClose, onSaved }: { product: Product; onClose: () => void; onSaved: () => void }) {
  const [delta, setDelta] = useState("");
  const n = wholeIn(delta.replace(/^\+/, "").replace("−", "-"), -STOCK_MAX, STOCK_MAX);
  const save = async () => {
    await api.post(`/products${at(product.sku)}/stock`, { delta: n });
    onSaved();
  };
  return (
    <Form title={t("ops.stock.of", { title: product.title })} onClose={onClose} onSave={save} disabled={!n}>
      <p class="num">{t("ops.stock.now", { stock: product.stock, reserved: product.reserved, sold: product.sold, left: product.left })}</p>
      <Field label={t("ops.stock.delta")} value={delta} hint={n ? t("ops.stock.then", { left: product.left + n }) : t("ops.stock.delta_hint")} onValue={setDelta} autoFocus error={delta && n === null ? t("ops.stock.bad") : null} />
    </Form>
  );
}
