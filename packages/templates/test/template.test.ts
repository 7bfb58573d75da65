import { describe, expect, test } from '@jest/globals';
import { hostileInputs, noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { type Sink, template, templateLimits, viewOf } from '@therapytrain/alerts-templates';

const notice = noticeOf(
  sampleStory('resolved', [sampleAlert('Login <b>by</b> & "x"', { component: 'sign-in', userId: 'anna.berg' })]),
  2,
);

const render = (sink: Sink, source: string, of = notice): string | undefined => template(sink).parse(source).render(of);

const refusal = (source: string, sink: Sink = 'text'): string =>
  template(sink)
    .safeParse(source)
    .error?.issues.map(({ message }) => message)
    .join() ?? 'taken';

describe('a template', () => {
  test.each<[Sink, string, string]>([
    ['text', '{{ severity }} {{ alerts[0].title }}', 'HIGH Something of every sensitivity'],
    [
      'text',
      '{% for fact in alerts[0].facts %}{{ fact.label }}={{ fact.text }};{% endfor %}',
      'Component=sign-in;User=user:#;',
    ],
    ['text', '{% if incident %}{{ incident.state }} by {{ incident.by }}{% endif %}', 'RESOLVED by Robin (on call)'],
    ['html', '<p>{{ alerts[0].message }}</p>', '<p>Login &#60;b&#62;by&#60;/b&#62; &#38; &#34;x&#34;</p>'],
    ['slack', '*{{ alerts[0].message }}*', '*Login &lt;b&gt;by&lt;/b&gt; &amp; "x"*'],
    ['line', ' {{ headline }}\n{{ total }} ', '[RESOLVED] HIGH Failed logins at the sign-in service 1'],
    [
      'html',
      '{% assign m = alerts[0].message %}{% capture c %}{{ m }}{% endcapture %}{{ m }}',
      'Login &#60;b&#62;by&#60;/b&#62; &#38; &#34;x&#34;',
    ],
    [
      'html',
      '{{ alerts[0].message | append: "<i>" | upcase }}',
      'LOGIN &#60;B&#62;BY&#60;/B&#62; &#38; &#34;X&#34;&#60;I&#62;',
    ],
    ['html', '{% echo alerts[0].message | slice: 6, 3 %}', '&#60;b&#62;'],
    ['html', '{{ alerts[0].message | split: "b" | first }}', 'Login &#60;'],
  ])('for %s renders %s', (sink, source, expected) => {
    expect(render(sink, source)?.replaceAll(/[0-9A-F]{4}-[0-9A-F]{4}/g, '#')).toBe(expected);
  });

  test.each([
    ['{{ sevrity }}', /line 1, column 4: undefined variable: sevrity/],
    ['{{ alerts[0].metadata.userId }}', /undefined variable: alerts.0.metadata/],
    ['ok\n{{ headline | rot13 }}', /line 2, column 1: undefined filter: rot13/],
    ['{{ headline | raw }}', /undefined filter: raw/],
    ['{% include "x" %}', /tag "include" not found/],
    ['{% render "x" %}', /tag "render" not found/],
    ['{% layout "/etc/passwd" %}', /tag "layout" not found/],
    ['{% cycle headline %}', /tag "cycle" not found/],
    ['{% if event %}', /not closed/],
    ['{% for i in (1..100000000) %}x{% endfor %}', /limit/],
    [
      '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
      /limit/,
    ],
    ['{% assign s = "x" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}{{ s }}', /limit/],
    ['{% for i in (1..20000) %}{{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }}{% endfor %}', /limit|characters/],
    ['{{ constructor }}', /undefined variable/],
    ['{{ alerts.__proto__.x }}', /undefined variable/],
  ])('is refused when it is loaded: %.60s', (source, rule) => {
    expect(refusal(source)).toMatch(rule);
  });

  test('is refused when it is too long', () => {
    expect(refusal('x'.repeat(templateLimits.source + 1))).toMatch(/is longer than/);
  });

  test('gives undefined, and does not throw, on a notice that it fails on', () => {
    const parsed = template('text').parse('{% if total > 2 %}{{ alerts[0].nothing }}{% endif %}{{ total }}');
    expect(parsed.render(notice)).toBe('1');
    expect(parsed.render(noticeOf(sampleStory('digest', [], { total: 3 }), 2))).toBeUndefined();
  });

  test(`of any sink escapes ${hostileInputs.length} hostile texts`, () => {
    const source = '{{ alerts[0].message }}|{{ alerts[0].facts[0].text }}|{{ incident.title }}';
    const [html, slack, line] = (['html', 'slack', 'line'] as const).map((sink) => template(sink).parse(source));
    for (const { text } of hostileInputs) {
      const incident = sampleIncident({ title: text });
      const hostile = noticeOf(sampleStory('opened', [sampleAlert(text, { component: text })], { incident }), 2);
      expect(html?.render(hostile)).not.toMatch(/[<>"']/);
      expect(slack?.render(hostile)).not.toMatch(/[<>]/);
      expect(line?.render(hostile)).not.toMatch(/[\r\n]/);
      expect(line?.render(hostile)?.length).toBeLessThanOrEqual(120);
    }
  });

  test('sees what was cleared, and nothing else', () => {
    const view = viewOf(notice);
    expect(JSON.stringify(view)).not.toContain('anna.berg');
    expect(Object.keys(view).sort()).toEqual([
      'alerts',
      'at',
      'event',
      'headline',
      'incident',
      'link',
      'owner',
      'runbook',
      'severity',
      'total',
    ]);
  });
});
