import { MCP } from './requirements/mcp.ts';
import { OTEL } from './requirements/otel.ts';
import type { Requirement } from './requirements/requirement.ts';

export const REQUIREMENTS: readonly Requirement[] = [...MCP, ...OTEL];
