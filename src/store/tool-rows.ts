import { Buffer } from 'node:buffer';
import type { Contract } from '../session/contract.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Statements } from './statements.ts';
import type { ListedTool } from '../session/surface.ts';
import type { ToolChange } from '../session/tool-changes.ts';
import { numbered } from './numbered.ts';

/** What is to be written of tools. */
export interface OfferedBatch {
  tools: readonly { atUs: number; tools: readonly ListedTool[] }[];
  toolChanges: readonly { atUs: number; change: ToolChange }[];
  /** The latest list of each audience: the hash of each tool's contract. */
  toolLists: Iterable<{ audience: string; tools: ReadonlyMap<string, string> }>;
}

export interface ToolRowsOptions {
  server: string;
  privacy: Privacy;
  statements: Statements;
}

/** Writes what a server offers: definitions, their contracts, and how they changed. */
export class ToolRows {
  readonly #options: ToolRowsOptions;
  /** The list of each audience as it was written. */
  readonly #lists = new Map<string, ReadonlyMap<string, string>>();

  constructor(options: ToolRowsOptions) {
    this.#options = options;
  }

  /** What was written may be gone. */
  forget(): void {
    this.#lists.clear();
  }

  write({ tools, toolChanges, toolLists }: OfferedBatch, nowUs: number): void {
    const { server, privacy, statements } = this.#options;
    for (const { atUs, tools: listed } of tools) {
      for (const { name, hash, bytes, contract } of listed) {
        statements.tool.run(server, privacy.name(name), hash, bytes, contract.hash, atUs, atUs);
        this.#writeContract(contract, atUs);
      }
    }
    for (const { atUs, change } of toolChanges) {
      const { tool, kinds, before, after } = change;
      for (const contract of [before, after]) if (contract !== undefined) this.#writeContract(contract, atUs);
      const hashes = [before?.hash ?? '', after?.hash ?? ''];
      statements.toolChange.run(numbered(atUs, server, privacy.name(tool), kinds.join(' '), ...hashes));
    }
    const present = new Set<string>();
    for (const { audience, tools: list } of toolLists) {
      present.add(audience);
      if (this.#lists.get(audience) === list) continue;
      statements.toolList.run(server, audience, JSON.stringify([...list]), nowUs);
      this.#lists.set(audience, list);
    }
    for (const audience of this.#lists.keys()) if (!present.has(audience)) this.#lists.delete(audience);
  }

  #writeContract({ hash, text }: Contract, atUs: number): void {
    if (text !== undefined) this.#options.statements.contract.run(hash, text, Buffer.byteLength(text), atUs);
  }
}
