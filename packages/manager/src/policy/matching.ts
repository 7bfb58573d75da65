import type { AlertFacts } from '@therapytrain/alerts-core';
import type { Policy, Route } from './policy.ts';

// A route's children are tried first. It takes itself what none of them took.
const taken = (route: Route, facts: AlertFacts): readonly Route[] => {
  if (route.when && !route.when.matches(facts)) return [];
  const below = takenOf(route.routes, facts);
  return below.length > 0 ? below : [route];
};

const takenOf = (routes: readonly Route[], facts: AlertFacts): readonly Route[] => {
  const found: Route[] = [];
  for (const route of routes) {
    const each = taken(route, facts);
    found.push(...each);
    if (each.length > 0 && !route.continues) break;
  }
  return found;
};

/**
 * The routes that take an alert, in the order of the policy. Of routes side by side the first that matches takes it,
 * and further ones only where it says `continue`. Pure: everything that says where an alert goes asks this.
 */
export const matchedRoutes = ({ routes }: Pick<Policy, 'routes'>, facts: AlertFacts): readonly Route[] =>
  takenOf(routes, facts);

/**
 * True where a policy tells nobody of anything, detects nothing and does nothing: alerts are then kept, and passed over
 * unread.
 */
export const isPassedOver = ({
  routes,
  detections,
  playbooks,
}: Pick<Policy, 'routes' | 'detections' | 'playbooks'>): boolean =>
  routes.length === 0 && detections.length === 0 && playbooks.length === 0;
