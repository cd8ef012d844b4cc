import { beforeEach, describe, expect, it } from "vitest";
import crewEn from "../src/messages/crew/en.json";
import crewRu from "../src/messages/crew/ru.json";
import crewZh from "../src/messages/crew/zh.json";
import insightEn from "../src/messages/insight/en.json";
import insightRu from "../src/messages/insight/ru.json";
import insightZh from "../src/messages/insight/zh.json";
import en from "../src/messages/en.json";
import ru from "../src/messages/ru.json";
import zh from "../src/messages/zh.json";
import { t, tn, use } from "../src/ui/i18n";

type Catalogue = Record<string, string>;
const sets: Record<string, Record<"en" | "zh" | "ru", Catalogue>> = {
  shared: { en, zh, ru },
  crew: { en: crewEn, zh: crewZh, ru: crewRu },
  insight: { en: insightEn, zh: insightZh, ru: insightRu },
};
const form = /_(zero|one|two|few|many|other)$/;

/** Keys with their plural forms folded, and the forms of each counted one. */
function shape(catalogue: Catalogue) {
  const counted = new Map<string, string[]>();
  const plain = new Set<string>();
  for (const key of Object.keys(catalogue)) {
    const match = form.exec(key);
    const base = key.replace(form, "");
    // A key may end like a plural form by chance; it is counted only if it has `_other`.
    if (match?.[1] && `${base}_other` in catalogue) counted.set(base, [...(counted.get(base) ?? []), match[1]]);
    else plain.add(key);
  }
  return { counted, plain };
}

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(Object.entries(sets))("messages: %s", (_name, set) => {
  const base = shape(set.en);
  it.each(["en", "zh", "ru"] as const)("%s has every key and no other", (lang) => {
    const own = shape(set[lang]);
    expect([...own.plain].sort()).toEqual([...base.plain].sort());
    expect([...own.counted.keys()].sort()).toEqual([...base.counted.keys()].sort());
  });

  it.each(["en", "zh", "ru"] as const)("%s has every plural form that its language has", (lang) => {
    const needed = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
    for (const [key, forms] of shape(set[lang]).counted) expect(forms.toSorted(), key).toEqual(needed.toSorted());
  });

  it.each(["zh", "ru"] as const)("%s names the same places as English", (lang) => {
    for (const key of base.plain) expect(places(set[lang][key] ?? ""), key).toEqual(places(set.en[key] ?? ""));
  });

  it("has no empty phrase", () => {
    for (const catalogue of Object.values(set)) for (const [key, text] of Object.entries(catalogue)) expect(text.trim(), key).not.toBe("");
  });
});

describe("t and tn", () => {
  beforeEach(() => use("ru", ru));

  it("fills places and leaves unknown ones", () => {
    use("en", { "buy.label": "Buy {title} {other}" });
    expect(t("buy.label", { title: "$& {title}" })).toBe("Buy $& {title} {other}");
  });

  it("chooses the plural form of the language", () => {
    expect([1, 2, 5, 11, 21, 104].map((n) => tn("show.viewers", n))).toEqual(["1 зритель", "2 зрителя", "5 зрителей", "11 зрителей", "21 зритель", "104 зрителя"]);
    use("zh", zh);
    expect(tn("show.viewers", 1)).toBe("1 人在看");
  });

  it("shows the key of a phrase that is missing", () => {
    use("en", {});
    expect(t("ui.close")).toBe("ui.close");
  });
});
