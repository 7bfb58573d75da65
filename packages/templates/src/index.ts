export { templateLimits } from './engine.ts';
export { type Sink, type Template, template } from './template.ts';
export { type NoticeView, viewOf } from './view.ts';
