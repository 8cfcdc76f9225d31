import { Document, isMap, isScalar, isSeq, visit } from 'yaml';

const HEADER = ` \`npm run grafana:build\` makes this file from grafana/alerts/rules.ts: change it there.`;
const WIDTH = 120;
const LONG = 80;

type Rule = Readonly<Record<string, unknown>>;

/** A readable file: a blank line and a comment before each rule, long texts folded, expressions as they are. */
export function writeYaml(content: object, commentOn: (rule: Rule) => string | undefined): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = HEADER;
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key)) return;
      if (isScalar(value) && typeof value.value === 'string') {
        if (key.value === 'expr') value.type = value.value.includes('\n') ? 'BLOCK_LITERAL' : 'BLOCK_FOLDED';
        else if (value.value.length > LONG) value.type = 'BLOCK_FOLDED';
      }
      if (key.value !== 'rules' || !isSeq(value)) return;
      for (const [index, rule] of value.items.entries()) {
        if (!isMap(rule)) continue;
        // The map comes from an object literal, so its keys are strings.
        const comment = commentOn(rule.toJSON() as Rule);
        if (comment !== undefined) rule.commentBefore = comment.replaceAll(/^/gm, ' ');
        rule.spaceBefore = index > 0;
      }
    },
  });
  return document.toString({ lineWidth: WIDTH, singleQuote: true });
}
