import { writeFileSync } from 'node:fs';
import type { StoreReader } from '../../store/reader.ts';
import { jsonOf, nothingFound } from './filters.ts';
import { htmlOf } from './report-html.ts';
import { markdownOf } from './report-markdown.ts';
import { reportOfJourney } from './report-journey.ts';
import { reportOf, type ReportQuestion } from './report-model.ts';
import type { Report } from './report-shape.ts';
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
  const made =
    question.journey === undefined ? general(reader, question, out) : ofOne(reader, question.journey, question, out);
  if (made === undefined) return 2;
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

function general(reader: StoreReader, question: ReportQuestion, out: Out): Report | undefined {
  if (reader.contents().operations > 0) return reportOf(reader, question);
  out.write(nothingFound(reader, 'operations', question.filter, out));
  return undefined;
}

function ofOne(reader: StoreReader, idPrefix: string, { now, version }: ReportQuestion, out: Out): Report | undefined {
  const [only, ...others] = reader.findJourneys(idPrefix);
  if (only !== undefined && others.length === 0) return reportOfJourney(only, now, version);
  const what = only === undefined ? 'No id of an attempt begins' : 'Several ids of attempts begin';
  out.write(prose([`${what} with ${idPrefix}. List them: mcpspan journeys`], out));
  return undefined;
}

function wrongKind(file: string): string {
  const page = `mcpspan report ${file.replace(/\.\w*$/, '')}.html`;
  const what = `'${file}' ends in neither .html nor .md`;
  return /\.pdf$/i.test(file)
    ? `${what}: ${page}, then print it from a browser as PDF`
    : `${what}: ${page}, or .md for Markdown`;
}
