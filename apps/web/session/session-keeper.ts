import { ApiError } from '@tailrace/http/client/api-error.ts';
import { Api, messageOf } from '../api/http.ts';
import { readToken, type Session, sessionOf } from '../api/session.ts';

/** How signing in stands. */
export type SessionState =
  | { readonly kind: 'starting' }
  /** Nobody knows, since the server does not answer; it is asked again. */
  | { readonly kind: 'unreachable'; readonly problem: string }
  | { readonly kind: 'signed-out'; readonly notice?: string }
  | {
      readonly kind: 'signed-in';
      readonly session: Session;
      /** It ends within minutes, and is not renewed by itself. */
      readonly endsSoon: boolean;
      /** It has ended: what is shown stays, and one can sign in again over it. */
      readonly hasEnded: boolean;
      /** A token of somebody else that an address has handed over; it takes nobody's place without being asked. */
      readonly offer?: { readonly token: string; readonly subject: string };
    };

export interface SessionKeeperOptions {
  /** Whether a person can see the page: a session is renewed while it is used. */
  readonly isSeen: () => boolean;
  /** Notifies the other tabs. */
  readonly say: (message: 'signed-in' | 'signed-out' | 'renewed') => void;
}

/** How long before its end a session is said to end. */
const warnMs = 5 * 60_000;
const retryMs = 3000;
/** It is not looked at more often: a timer that fires a moment early does not spin. */
const leastMs = 1000;
const longestTimerMs = 2 ** 31 - 1;

/** Who is signed in, over all tabs: begins, renews and ends the session, and says when it is about to end. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { kind: 'starting' };
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the session was begun or renewed last, as far as this page knows. */
  #since = 0;
  #renewing = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  readonly state = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The API for the person who is signed in by then. */
  readonly api = new Api({
    token: () => (this.#state.kind === 'signed-in' ? this.#state.session.token : undefined),
    hasEnded: () => this.#state.kind === 'signed-in' && this.#state.hasEnded,
    onRefused: () => void this.#refused(),
  });

  /** Finds out who is signed in. @param handed a token that the address brought */
  async start(handed?: string): Promise<void> {
    try {
      const session = await this.#read();
      if (handed !== undefined) await this.#take(handed, session);
      else if (session === undefined) this.#set({ kind: 'signed-out' });
      else this.#signedIn(session);
    } catch (error) {
      this.#set({ kind: 'unreachable', problem: messageOf(error) });
      this.#later(retryMs, () => this.start(handed));
    }
  }

  /** @throws ApiError when the server refuses the token; nothing has changed then */
  async signIn(token: string): Promise<void> {
    const session = await this.#begin(token);
    this.#signedIn(session);
    this.#options.say('signed-in');
    window.dispatchEvent(new Event('tailrace:signed-in'));
  }

  async signOut(notice?: string): Promise<void> {
    const { token } = this.#state.kind === 'signed-in' ? this.#state.session : {};
    this.#set({ kind: 'signed-out', ...(notice !== undefined && { notice }) });
    if (token !== undefined) return;
    this.#options.say('signed-out');
    try {
      await endSession();
    } catch (error) {
      this.#set({
        kind: 'signed-out',
        notice: `The server could not be reached: ${messageOf(error)} Sign out again later.`,
      });
    }
  }

  /** Takes the offered token, or leaves it. */
  async answerOffer(isTaken: boolean): Promise<void> {
    if (this.#state.kind !== 'signed-in' || this.#state.offer === undefined) return;
    const { offer, ...state } = this.#state;
    this.#set(state);
    if (!isTaken) return;
    try {
      await this.signIn(offer.token);
    } catch (error) {
      this.#set({ kind: 'signed-out', notice: messageOf(error) });
    }
  }

  /** Makes the session last longer, where it can. */
  async renew(): Promise<void> {
    if (this.#renewing || this.#state.kind !== 'signed-in' || this.#state.session.token !== undefined) return;
    this.#renewing = true;
    try {
      this.#signedIn(sessionOf(await apiOf().call('POST session/renew')));
      this.#options.say('renewed');
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) await this.#refused();
      // Else it is tried again when it is looked at next.
    } finally {
      this.#renewing = false;
    }
  }

  /** Another tab has said something. */
  async heard(message: string): Promise<void> {
    if (this.#state.kind === 'signed-in' && this.#state.session.token !== undefined) return;
    if (message === 'signed-out') this.#set({ kind: 'signed-out', notice: 'You signed out in another tab.' });
    else await this.#reread();
  }

  /** Looks at how long the session still lasts: after a while, and when the page is seen again. */
  async look(): Promise<void> {
    if (this.#state.kind !== 'signed-in' || this.#state.hasEnded) return;
    const { session } = this.#state;
    const now = Date.now();
    if (now >= session.expiresAt) {
      await this.#refused();
      return;
    }
    const isHalfOver = now >= (this.#since + session.expiresAt) / 2;
    if (session.isRenewable && isHalfOver && this.#options.isSeen()) await this.renew();
    this.#settle();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #take(handed: string, current: Session | undefined): Promise<void> {
    const read = readToken(handed);
    if ('problem' in read) {
      if (current === undefined) this.#set({ kind: 'signed-out', notice: read.problem });
      else this.#signedIn(current);
      return;
    }
    if (current !== undefined && current.subject !== read.subject) {
      this.#signedIn(current, read);
      return;
    }
    try {
      await this.signIn(read.token);
    } catch (error) {
      if (error instanceof ApiError && error.status === 0) throw error;
      this.#set({ kind: 'signed-out', notice: messageOf(error) });
    }
  }

  /** Exchanges a token for the cookie; a browser that does not keep it, or a token that does not fit, stays in this page. */
  async #begin(token: string): Promise<Session> {
    try {
      await apiOf(token).call('POST session');
      const kept = await this.#read();
      if (kept !== undefined) return kept;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'session.too_large')) throw error;
    }
    return sessionOf(await apiOf(token).call('GET session'), token);
  }

  /** Who is signed in by the cookie. @throws ApiError when nobody can say */
  async #read(): Promise<Session | undefined> {
    try {
      return sessionOf(await apiOf().call('GET session'));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return undefined;
      throw error;
    }
  }

  async #reread(): Promise<void> {
    try {
      const session = await this.#read();
      if (session !== undefined) this.#signedIn(session);
      else await this.#refused();
    } catch {
      this.#settle();
    }
  }

  /** The server took the session for none: another tab may have begun a new one; else what is shown stays. */
  async #refused(): Promise<void> {
    if (this.#state.kind !== 'signed-in' || this.#state.hasEnded) return;
    const { session } = this.#state;
    if (session.token === undefined) {
      try {
        const current = await this.#read();
        if (current !== undefined) {
          this.#signedIn(current);
          return;
        }
      } catch {
        // Nobody knows: calls go on saying so themselves.
        this.#settle();
        return;
      }
    }
    if (this.#state.kind === 'signed-in') this.#set({ ...this.#state, endsSoon: false, hasEnded: true });
  }

  #signedIn(session: Session, offer?: { token: string; subject: string }): void {
    this.#since = Date.now();
    this.#set({ kind: 'signed-in', session, endsSoon: false, hasEnded: false, ...(offer && { offer }) });
    this.#settle();
  }

  /** Says whether the end is near, and looks again in time. */
  #settle(): void {
    if (this.#state.kind !== 'signed-in' || this.#state.hasEnded) return;
    const { session, endsSoon } = this.#state;
    const leftMs = session.expiresAt - Date.now();
    // What was valid for less than the warning from the start is warned of in its second half.
    const isNear = leftMs <= Math.min(warnMs, (session.expiresAt - this.#since) / 2);
    if (isNear !== endsSoon) this.#set({ ...this.#state, endsSoon: isNear });
    const lifetimeMs = session.expiresAt - this.#since;
    const untilHalf = leftMs - lifetimeMs / 2;
    // A renewal that failed, or waits for somebody to look at the page, has several more chances before the end.
    const renewal = untilHalf > 0 ? untilHalf : lifetimeMs / 8;
    const next = [renewal, leftMs - warnMs, leftMs].filter((ms) => ms > 0);
    this.#later(Math.max(Math.min(...next, 3_600_000), leastMs), () => this.look());
  }

  #later(ms: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void work(), Math.min(ms, longestTimerMs));
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Signs this browser out. @throws ApiError when the server does not answer */
export async function endSession(): Promise<void> {
  await apiOf().call('DELETE session');
}

/** The API with a token, or with the cookie, for what is about the session itself. */
function apiOf(token?: string): Api {
  return new Api({ token: () => token, hasEnded: () => false, onRefused: () => undefined });
}
