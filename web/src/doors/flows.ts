/** The register of data flows as home shows it to people (`GET /flows`). Open to everybody: it needs no session. */
import { exchange } from './http';

/** One connection between two parties: what goes, why, and how long it stays. */
export interface Flow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Who receives. */
  readonly party: string;
  readonly country: string;
  readonly purpose: string;
  readonly basis: string;
  readonly categories: readonly string[];
  readonly fields: readonly string[];
  readonly retention: string;
  /** Whether it flows now. */
  readonly on: boolean;
}

const TEXTS = ['id', 'from', 'to', 'party', 'country', 'purpose', 'basis', 'retention'] as const;
const LISTS = ['categories', 'fields'] as const;

function isFlow(data: unknown): data is Flow {
  if (typeof data !== 'object' || data === null) return false;
  const record = data as Record<string, unknown>;
  const words = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string');
  return (
    TEXTS.every((name) => typeof record[name] === 'string') &&
    LISTS.every((name) => words(record[name])) &&
    typeof record['on'] === 'boolean' &&
    Object.keys(record).length === TEXTS.length + LISTS.length + 1
  );
}

/** Rejects with a `Refusal`. */
export function flows(): Promise<readonly Flow[]> {
  return exchange({
    url: '/flows',
    method: 'GET',
    headers: {},
    credentials: 'same-origin',
    away: 'home_away',
    reply: (data): data is readonly Flow[] => Array.isArray(data) && data.every(isFlow),
  });
}
