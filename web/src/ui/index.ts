/** The shared kit: one set of components for all pages. `tokens.css` and `ui.css` are linked by each document. */
export * from "./parts";
export * from "./brandmark";
export * from "./connection";
export * from "./dialog";
export * from "./toast";
export * from "./table";
export * from "./sparkline";
export * from "./load";
export * from "./format";
export { mount, slugOfPage } from "./mount";
export { locale, needWords, setLocale, t, tn, tOr, type CountKey, type Locale, type MessageKey, type Params, type Words } from "./i18n";
