/** How an action fails, everywhere in the client: by a code, never by a text. */
export class Refusal extends Error {
  constructor(
    /** A wire `Code`, or one of the client's own: `home_away`, `relay_away`, `bad_reply`, `too_long`. */
    readonly code: string,
    /** Seconds until a new try makes sense. */
    readonly retryAfter?: number,
    /** With `bad_search`: where in the text, in characters (code points). */
    readonly at?: number,
  ) {
    super(code);
    this.name = 'Refusal';
  }
}

/** The code of any error; what is not a {@link Refusal} is our own mistake. */
export function codeOf(error: unknown): string {
  return error instanceof Refusal ? error.code : 'internal';
}
