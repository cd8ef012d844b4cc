// The name of a rule, where the pages have one.

import { plainRule } from "../../desk/incidents";
import { tOr } from "../../ui/i18n";

export const ruleWords = (rule: string): string => tOr(`rule.${rule}`, plainRule(rule));
