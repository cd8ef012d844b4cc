// Accounts, their roles and their API tokens.

import { useState } from "preact/hooks";
import type { Brand, Host, Role, TokenInfo, User } from "../wire/api";
import { api, at } from "../wire/http";
import { session } from "../wire/session";
import { Badge, Button, Dialog, Field, Notice, notifyError, Select, t, Table, Toggle, useLoad, When } from "../ui";
import { Secret } from "../studio/secret";
import { Loaded } from "./data";
import { CheckList, Form } from "./form";

const ROLES: readonly Role[] = ["operator", "producer", "host", "brand_manager"];
const PASSWORD_MIN = 12;

type Open = { what: "new" } | { what: "edit" | "tokens"; user: User } | null;

export function UsersTab() {
  const users = useLoad(() => api.get<User[]>("/users"), []);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Loaded load={users}>
        {(rows) => (
          <Table
            rows={rows}
            columns={[
              { key: "name", title: t("ops.name"), value: (u) => u.name },
              { key: "roles", title: t("ops.roles"), value: (u) => u.roles.map((r) => t(`crew.role.${r}`)).join(", ") },
              { key: "of", title: t("ops.users.of"), value: (u) => u.host ?? u.brand ?? "" },
              { key: "state", title: t("ops.status"), value: (u) => t(u.disabled ? "ops.users.disabled" : "ops.users.active"), cell: (u) => (u.disabled ? <Badge>{t("ops.users.disabled")}</Badge> : t("ops.users.active")) },
              {
                key: "do", title: "", value: () => null,
                cell: (u) => (
                  <span class="cell-actions">
                    <Button size="small" onClick={() => setOpen({ what: "tokens", user: u })}>{t("ops.tokens")}</Button>
                    <Button size="small" look="quiet" onClick={() => setOpen({ what: "edit", user: u })}>{t("ops.edit")}</Button>
                  </span>
                ),
              },
            ]}
            rowKey={(user) => user.name}
            caption={t("ops.tab.users")}
            exportName="users"
            tools={<Button size="small" look="primary" onClick={() => setOpen({ what: "new" })}>{t("ops.users.new")}</Button>}
          />
        )}
      </Loaded>
      {open?.what === "new" ? <UserForm user={null} onClose={close} onSaved={users.reload} /> : null}
      {open?.what === "edit" ? <UserForm key={open.user.name} user={open.user} onClose={close} onSaved={users.reload} /> : null}
      {open?.what === "tokens" ? <Tokens key={open.user.name} user={open.user} onClose={close} /> : null}
    </>
  );
}

function UserForm({ user, onClose, onSaved }: { user: User | null; onClose: () => void; onSaved: () => void }) {
  const choices = useLoad(() => Promise.all([api.get<Host[]>("/hosts"), api.get<Brand[]>("/brands")]), []);
  const [hosts, brands] = choices.now.state === "ready" ? choices.now.data : [[], []];
  const [name, setName] = useState(user?.name ?? "");
  const [password, setPassword] = useState("");
  const [roles, setRoles] = useState<string[]>(user?.roles ?? []);
  const [host, setHost] = useState(user?.host ?? "");
  const [brand, setBrand] = useState(user?.brand ?? "");
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const self = user?.name === session.value?.user.name;
  const weak = password !== "" && [...password].length < PASSWORD_MIN;
  const ready = name.trim() !== "" && roles.length > 0 && !weak && (user !== null || password !== "") && (!roles.includes("host") || host !== "") && (!roles.includes("brand_manager") || brand !== "");
  const save = async () => {
    const bound = { host: roles.includes("host") ? host : "", brand: roles.includes("brand_manager") ? brand : "" };
    if (user) await api.patch(`/users${at(user.name)}`, { roles, ...bound, ...(self ? {} : { disabled }), ...(password ? { password } : {}) });
    else await api.post("/users", { name: name.trim(), password, roles, host: bound.host || null, brand: bound.brand || null });
    onSaved();
  };
  return (
    <Form title={user?.name ?? t("ops.users.new")} onClose={onClose} onSave={save} disabled={!ready} {...(user ? {} : { submit: t("ops.create") })}>
      {user ? null : <Field label={t("crew.name")} value={name} required autoComplete="off" spellcheck={false} autocapitalize="none" onValue={setName} />}
      <Field label={t(user ? "ops.users.new_password" : "crew.password")} type="password" autoComplete="new-password" value={password} onValue={setPassword} hint={t(user ? "ops.users.password_hint" : "crew.setup.password_hint")} error={weak ? t("crew.setup.password_hint") : null} />
      <CheckList label={t("ops.roles")} options={ROLES.map((r) => ({ value: r, label: t(`crew.role.${r}`), note: t(`ops.role.${r}.says`) }))} chosen={roles} onChosen={setRoles} />
      {roles.includes("host") ? <Select label={t("ops.host")} value={host} options={[{ value: "", label: "—" }, ...hosts.map((h) => ({ value: h.slug, label: h.name }))]} onValue={setHost} /> : null}
      {roles.includes("brand_manager") ? <Select label={t("ops.brand")} value={brand} options={[{ value: "", label: "—" }, ...brands.map((b) => ({ value: b.slug, label: b.name }))]} onValue={setBrand} /> : null}
      {user && !self ? <Toggle label={t("ops.users.disable")} on={disabled} onChange={setDisabled} /> : null}
    </Form>
  );
}

function Tokens({ user, onClose }: { user: User; onClose: () => void }) {
  const path = `/users${at(user.name)}/tokens`;
  const tokens = useLoad(() => api.get<TokenInfo[]>(path), [path]);
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<TokenInfo | null>(null);
  const make = (event: Event) => {
    event.preventDefault();
    api.post<TokenInfo>(path, { label: label.trim() }).then((token) => {
      setMade(token);
      setLabel("");
      tokens.reload();
    }, notifyError);
  };
  const remove = (id: string) => api.delete(`${path}${at(id)}`).then(tokens.reload, notifyError);
  return (
    <Dialog title={t("ops.tokens.of", { name: user.name })} onClose={onClose}>
      <div class="stack">
        <p class="muted small">{t("ops.tokens.words")}</p>
        {made?.token ? <Notice title={t("ops.tokens.once")}><Secret label={made.label} value={made.token} /></Notice> : null}
        <Loaded load={tokens}>
          {(rows) => (rows.length === 0 ? <p class="muted">{t("ops.tokens.none")}</p> : (
            <ul class="token-list">
              {rows.map((token) => (
                <li key={token.id} class="row">
                  <span class="clip">{token.label || token.id}</span>
                  <span class="muted small"><When time={token.created_at} /></span>
                  <span class="spring" />
                  <Button size="small" look="quiet" onClick={() => void remove(token.id)}>{t("ops.tokens.withdraw")}</Button>
                </li>
              ))}
            </ul>
          ))}
        </Loaded>
        <form class="row token-new" onSubmit={make}>
          <Field label={t("ops.tokens.label")} value={label} onValue={setLabel} maxLength={100} />
          <Button type="submit" disabled={label.trim() === ""}>{t("ops.create")}</Button>
        </form>
      </div>
    </Dialog>
  );
}
