import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { RULE_SCHEMAS, type RuleConfig, type RulesFile } from '../domain/rule-config.ts';
import { condenseErrors } from '../runtime/schema-errors.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';

const KINDS = Object.keys(RULE_SCHEMAS) as (keyof typeof RULE_SCHEMAS)[];

/** What the rules file must be before each rule is looked at by its kind. */
export const RulesOutline = Type.Array(
  Type.Object({ kind: Type.Union(KINDS.map((kind) => Type.Literal(kind))) }),
  { maxItems: 1000 },
);

/**
 * Reads each rule with the schema of its kind. A union over the kinds would fill no defaults in where anything is
 * wrong, and so bury one mistake under a page of keys that are "missing".
 */
export function readRules(yaml: YamlFile<Static<typeof RulesOutline>>): {
  rules: RulesFile;
  problems: Problem[];
} {
  const rules: RuleConfig[] = [];
  const problems: Problem[] = [];
  yaml.value.forEach((entry, index) => {
    const schema = RULE_SCHEMAS[entry.kind];
    const filled = Value.Default(schema, entry);
    if (Value.Check(schema, filled)) rules.push(filled);
    else {
      for (const { path, message } of condenseErrors(Value.Errors(schema, filled), filled)) {
        problems.push(yaml.problem([index, ...path], message));
      }
    }
  });
  return { rules, problems };
}
