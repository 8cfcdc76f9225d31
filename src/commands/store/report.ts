import { writeFileSync } from 'node:fs';
import type { StoreReader } from '../../store/reader.ts';
import { jsonOf, nothingFound } from './filters.ts';
import { htmlOf } from './report-html.ts';
import { markdownOf } from './report-markdown.ts';
import { reportOf, type ReportQuestion } from './report-model.ts';
import type { Out } from '../terminal/out.ts';
import { prose } from '../terminal/text.ts';

/**
 * `mcpspan report FILE`: one file about what clients do. It is Markdown where its name ends in `.md`, HTML where it ends in
 * `.html`; `-` writes Markdown to stdout. Returns the exit code: 2 where there is nothing to report, or the file cannot be written.
 */
export function report(reader: StoreReader, file: string, question: ReportQuestion, out: Out): number {
  if (!/^-$|\.(html?|md)$/i.test(file)) {
    out.write(prose([wrongKind(file)], out));
    return 2;
  }
  const { operations } = reader.contents();
  if (operations === 0) {
    out.write(nothingFound(reader, 'operations', question.filter, out));
    return 2;
  }
  const made = reportOf(reader, question);
  if (question.json) {
    out.write(jsonOf(made));
    return 0;
  }
  const text = file === '-' || /\.md$/i.test(file) ? markdownOf(made) : htmlOf(made);
  if (file === '-') {
    out.write(text);
    return 0;
  }
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    out.write(`Cannot write ${file} (${error instanceof Error ? error.message : String(error)})\n`);
    return 2;
  }
  out.write(`Wrote ${file}: it holds figures, and names that clients and servers gave, and nothing else.\n`);
  return 0;
}

function wrongKind(file: string): string {
  const page = `mcpspan report ${file.replace(/\.\w*$/, '')}.html`;
  const what = `'${file}' ends in neither .html nor .md`;
  return /\.pdf$/i.test(file)
    ? `${what}: ${page}, then print it from a browser as PDF`
    : `${what}: ${page}, or .md for Markdown`;
}
