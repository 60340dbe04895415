// chartKeys makes the chart u in el usable without a mouse: the entries of its legend show and hide lines, the arrow keys
// read its points (el then has the class "read"), and plus and minus zoom a chart that can be zoomed.
function chartKeys(el, u, zooms) {
  const over = u.over, xs = () => u.data[0];
  const entries = [...u.root.querySelectorAll('.u-legend .u-series')].map((tr, i) => ({th: tr.querySelector('th'), i, partner: tr.classList.contains('partner')}));
  const pressed = () => { for (const e of entries) if (e.th.tabIndex === 0) e.th.setAttribute('aria-pressed', String(u.series[e.i].show)); };
  for (const {th, i, partner} of entries) {
    if (i === 0 || partner) continue;
    th.tabIndex = 0;
    th.setAttribute('role', 'button');
    th.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); th.click(); } });
  }
  pressed();
  (u.hooks.setSeries ??= []).push(pressed);
  over.tabIndex = 0;
  over.setAttribute('role', 'slider');
  over.setAttribute('aria-label', (el.getAttribute('aria-label') || 'Chart') + '; the arrow keys read its points' + (zooms ? ', plus and minus zoom' : ''));
  over.setAttribute('aria-valuemin', 0);
  const counted = () => over.setAttribute('aria-valuemax', Math.max(0, xs().length - 1));
  counted();
  (u.hooks.setData ??= []).push(counted);
  over.setAttribute('aria-valuenow', 0);
  (u.hooks.setCursor ??= []).push(() => {
    const i = u.cursor.idx;
    el.classList.toggle('read', i != null);
    if (i == null) return;
    over.setAttribute('aria-valuenow', i);
    over.setAttribute('aria-valuetext', u.series.map((s, k) => s.show && !/^–?-*$/.test(u.legend.values[k]._) ? s.label + ' ' + u.legend.values[k]._ : '').filter(Boolean).join(', '));
  });
  const away = () => u.setCursor({left: -10, top: -10});
  const zoom = by => {
    const {min, max} = u.scales.x, at = u.cursor.idx == null ? (min + max) / 2 : xs()[u.cursor.idx];
    u.setScale('x', {min: at - (at - min) / by, max: at + (max - at) / by});
  };
  over.addEventListener('keydown', e => {
    const i = u.cursor.idx ?? -1, last = xs().length - 1;
    const to = {ArrowRight: i + 1, ArrowUp: i + 1, ArrowLeft: i - 1, ArrowDown: i - 1, PageUp: i + 10, PageDown: i - 10, Home: 0, End: last}[e.key];
    if (to !== undefined) u.setCursor({left: u.valToPos(xs()[Math.min(Math.max(to, 0), last)], 'x'), top: 8});
    else if (zooms && (e.key === '+' || e.key === '-')) zoom(e.key === '+' ? 1.5 : 1 / 1.5);
    else if (e.key === 'Escape') { away(); if (zooms) u.setData(u.data); }
    else return;
    e.preventDefault();
  });
  over.addEventListener('focusout', away);
  return u;
}
