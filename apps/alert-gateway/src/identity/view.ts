import {
  AlertError,
  type AlertFacts,
  type AlertTypes,
  clearanceOf,
  decodeAlert,
  encodeAlert,
  type Expression,
  type Incident,
  isWithin,
  type KeptAlert,
  namesIn,
  type Principal,
  type Response,
  Sensitivity,
  sourcePattern,
  type Silence,
  withSequence,
} from '@therapytrain/alerts-core';
import { createReaderView, type Pseudonyms, type ReaderView } from '@therapytrain/alerts-core/channel';

/** What a principal may read of everything that there is. */
export interface View {
  /** Two principals with the same key read the same. Empty for those who read everything. */
  readonly key: string;
  /** Changes whenever what was shown before may not be shown any more. */
  stamp(): unknown;
  /** True if alerts of this type and source are shown at all. */
  passes(of: { readonly type: string; readonly source: string }): boolean;
  /** The alert's bytes as they may be read; undefined if it is not shown, or what is shown does not match the filter. */
  alert(kept: KeptAlert, filter?: Expression): Uint8Array | undefined;
  /** The incident as it may be read; undefined where it is not shown, or what is shown does not match the filter. */
  incident(incident: Incident, filter?: Expression): Incident | undefined;
  silence<T extends Silence>(silence: T): T;
  /**
   * The response as it may be read: its target is a pseudonym for who reads no personal data. Throws `PERMISSION_DENIED`
   * for a principal with a condition, which says nothing about what is acted on.
   */
  response(response: Response): Response;
  /** True if values of every sensitivity that anybody may read are shown. */
  readonly isCleared: boolean;
  /** True for an expression that says nothing about what may not be read, so that its result gives nothing away. */
  mayAsk(expression: string): boolean;
  /** A text about an alert, with the values that may not be read replaced. */
  hide(facts: AlertFacts, text: string): string;
}

/** What views go by. */
export interface ViewFacts {
  readonly types: () => AlertTypes;
  readonly pseudonyms: Pseudonyms;
}

const withheld = '[withheld]';

// Nothing about a person is in these.
const open: ReadonlySet<string> = new Set(['type', 'source', 'severity', 'occurred_at', 'received_at']);

const withheldUnlessEmpty = (text: string): string => (text === '' ? '' : withheld);

const titleOf = (types: AlertTypes, type: string): string => types.declared.get(type)?.title ?? type;

/** Makes the function that gives each principal its view. */
export const createViews = ({ types, pseudonyms }: ViewFacts): ((principal: Principal) => View) => {
  // A policy that is put in force declares other types: what was shown before may not be shown then.
  let made: { readonly of: AlertTypes; readonly readers: Map<number, ReaderView> } = {
    of: types(),
    readers: new Map(),
  };
  const readerOf = (principal: Principal): ReaderView => {
    const now = types();
    if (made.of !== now) made = { of: now, readers: new Map() };
    const clearance = clearanceOf(principal);
    const reader = made.readers.get(clearance) ?? createReaderView({ types: now, pseudonyms }, clearance);
    made.readers.set(clearance, reader);
    return reader;
  };
  const known = new WeakMap<Principal, View>();
  const viewOf = (principal: Principal): View => {
    const isCleared = clearanceOf(principal) === Sensitivity.HEALTH;
    const passes: View['passes'] = (of) => isWithin(principal, of);
    return {
      key: isCleared && !principal.when ? '' : JSON.stringify([clearanceOf(principal), principal.when?.source ?? '']),
      stamp: types,
      passes,
      isCleared,
      mayAsk: (expression) => isCleared || [...namesIn(expression)].every((name) => open.has(name)),
      alert: (kept, filter) => {
        const reader = readerOf(principal);
        if (!filter && !principal.when && reader.showsAll) return kept.encoded;
        const alert = decodeAlert(kept.encoded);
        if (!passes(alert)) return undefined;
        const shown = reader.show(alert);
        // The filter sees what its author sees: it cannot be used to try values on.
        if (filter && !filter.matches(shown)) return undefined;
        return shown === alert ? kept.encoded : withSequence(encodeAlert(shown), kept.sequence);
      },
      incident: (incident, filter) => {
        if (!passes(incident.facts)) return undefined;
        const facts = readerOf(principal).show(incident.facts);
        if (filter && !filter.matches(facts)) return undefined;
        if (facts === incident.facts) return incident;
        return {
          ...incident,
          facts,
          // Made of a message, or written by people: it may name whom the newest alert does not.
          title: titleOf(types(), facts.type),
          comment: withheldUnlessEmpty(incident.comment),
          assignee: sourcePattern.test(incident.assignee) ? incident.assignee : withheldUnlessEmpty(incident.assignee),
        };
      },
      silence: (silence) => {
        if (isCleared) return silence;
        const says = [...namesIn(silence.when)].every((name) => open.has(name));
        return { ...silence, when: says ? silence.when : withheld, reason: withheldUnlessEmpty(silence.reason) };
      },
      response: (response) => {
        if (principal.when) {
          throw new AlertError('PERMISSION_DENIED', 'responses are shown to principals without a condition only');
        }
        if (clearanceOf(principal) >= Sensitivity.PERSONAL) return response;
        const { kind, value, resource } = response.target;
        const shown = pseudonyms.of(kind === 'address' ? 'address' : 'user', value);
        return { ...response, target: { kind, value: shown, resource: withheldUnlessEmpty(resource) } };
      },
      hide: (facts, text) => readerOf(principal).hide(facts, text),
    };
  };
  return (principal) => {
    const view = known.get(principal) ?? viewOf(principal);
    known.set(principal, view);
    return view;
  };
};

/** Everything as it is. */
export const wholeView: View = {
  key: '',
  stamp: () => undefined,
  passes: () => true,
  isCleared: true,
  mayAsk: () => true,
  alert: (kept, filter) => (!filter || filter.matches(decodeAlert(kept.encoded)) ? kept.encoded : undefined),
  incident: (incident, filter) => (!filter || filter.matches(incident.facts) ? incident : undefined),
  silence: (silence) => silence,
  response: (response) => response,
  hide: (_, text) => text,
};
