(() => {
'use strict';
const read = id => JSON.parse(document.getElementById(id).textContent);
const C = read('data'), looks = read('looks');
const css = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const font = (size, weight = '') => `${weight} ${size}px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif`.trim();
const unit = C.mixed_tokenizers ? 'bits per byte' : 'nats per token';
const cost = (row, nats) => !C.mixed_tokenizers ? nats : is(row.bits_per_byte) ? nats * row.tokens / row.bytes / Math.LN2 : null; // cost of a token
const excess = (row, nats) => C.mixed_tokenizers && is(nats) ? nats * row.events / row.bytes / Math.LN2 : nats; // gap per event of the world
const is = x => typeof x === 'number' && isFinite(x);
const fixed = (x, n) => is(x) ? x.toFixed(n) : '–';
const short = x => x >= 1e9 ? +(x / 1e9).toFixed(1) + 'G' : x >= 1e6 ? +(x / 1e6).toFixed(1) + 'M' : x >= 1e3 ? +(x / 1e3).toFixed(1) + 'k' : '' + +x.toFixed(2);
const range = (from, to) => from === to ? '' + from : to < 2000 ? from + '–' + to : short(from) + '–' + short(to);
const ratio = () => devicePixelRatio || 1;

// The common part of all charts: axes in the colours of the page, which change with its theme.
const axis = (label, more) => ({
  stroke: css('ink'), font: font(12), label, labelFont: font(12, '600'), labelSize: label ? 24 : 0,
  grid: {stroke: css('grid'), width: 1}, ticks: {stroke: css('rule'), width: 1, size: 5}, ...more,
});

// Horizontal bars: labels on the left, values at their ends, whiskers for intervals, dashed reference lines.
function bars(el, o) {
  const narrow = el.clientWidth < 560, n = o.labels.length;
  const labels = narrow ? o.shorts : o.labels;
  const ruler = document.createElement('canvas').getContext('2d');
  ruler.font = font(12);
  const clip = s => { while (s.length > 4 && ruler.measureText(s).width > el.clientWidth * .36) s = s.slice(0, -2) + '…'; return s; };
  const shown = labels.map(clip);
  const left = Math.ceil(Math.max(...shown.map(s => ruler.measureText(s).width))) + 14;
  const width = el.clientWidth, lines = (o.lines || []).filter(l => is(l.at) && l.at > 0).sort((a, b) => a.at - b.at);
  const plot = width - left - 16;
  o.max ??= o.most * plot / Math.max(plot - 50, 50); // room for the value of the longest bar
  const ends = []; // ends of the labels in every row above the bars
  for (const l of lines) {
    const w = ruler.measureText(l.label).width, x = Math.min(Math.max(plot * l.at / o.max - w / 2, -left), plot - w);
    l.row = 0;
    while (ends[l.row] > x - 8) l.row++;
    ends[l.row] = x + w;
    l.x = x;
  }
  const top = 8 + 16 * ends.length, parts = o.parts || [{label: o.axis, values: o.values}];
  const part = (p, i) => is(p.values[i]) ? Math.max(p.values[i], 0) : 0;
  const whole = o.labels.map((_, i) => parts.reduce((s, p) => s + part(p, i), 0));
  const scale = whole.map(x => x > o.max ? o.max / x : 1); // a bar that is too long is scaled down and striped
  const sums = []; // stacked bars: longest first, so that shorter ones are drawn on top
  let sum = o.labels.map(() => 0);
  for (const p of parts) {
    sum = sum.map((s, i) => s + part(p, i) * scale[i]);
    sums.push(sum.map(s => Math.min(s, o.max)));
  }
  const u = new uPlot({
    width, height: 26 * n + top + 58, padding: [top, 16, 0, 0], cursor: {show: false}, legend: {show: false},
    scales: {x: {time: false, ori: 1, dir: -1, range: [-.6, n - .4]}, y: {ori: 0, dir: 1, range: [0, o.max]}},
    axes: [
      axis('', {scale: 'x', side: 3, size: left, splits: o.labels.map((_, i) => i), values: () => shown, grid: {show: false}, ticks: {show: false}, gap: 6}),
      axis(o.axis, {scale: 'y', side: 2, size: 32, space: 60}),
    ],
    series: [{}, ...parts.map((p, k) => k).reverse().map(k => ({
      label: parts[k].label, points: {show: false}, width: 0, fill: parts[k].colour ? css(parts[k].colour) : undefined,
      paths: uPlot.paths.bars({size: [.62, 22], ...(o.colours && {disp: {
        fill: {unit: 3, values: () => o.colours.map(css)}, stroke: {unit: 3, values: () => o.colours.map(css)},
      }})}),
    }))],
    hooks: {draw: [u => {
      const c = u.ctx, r = ratio(), {left: x0, top: y0, width: w, height: h} = u.bbox;
      c.save();
      c.font = font(12 * r);
      for (const l of lines) {
        const x = u.valToPos(l.at, 'y', true);
        c.strokeStyle = css('faint'); c.fillStyle = css('ink'); c.lineWidth = r; c.setLineDash([4 * r, 3 * r]);
        const y = y0 - (5 + 16 * (ends.length - 1 - l.row)) * r;
        c.beginPath(); c.moveTo(x, y + 2 * r); c.lineTo(x, y0 + h); c.stroke();
        c.textAlign = 'left'; c.textBaseline = 'bottom'; c.fillText(l.label, x0 + l.x * r, y + 2 * r);
      }
      c.setLineDash([]);
      scale.forEach((f, i) => {
        if (f === 1) return;
        const y = u.valToPos(i, 'x', true), h = Math.min(.62 * u.bbox.height / n, 22 * r) / 2 + r;
        c.save(); c.beginPath(); c.rect(x0, y - h, w, 2 * h); c.clip();
        c.strokeStyle = css('paper'); c.lineWidth = 2.5 * r;
        for (let x = x0 - 2 * h; x < x0 + w; x += 10 * r) { c.beginPath(); c.moveTo(x, y + h); c.lineTo(x + 2 * h, y - h); c.stroke(); }
        c.restore();
      });
      o.labels.forEach((_, i) => {
        const y = u.valToPos(i, 'x', true), v = o.values[i], lo = o.low[i], hi = o.high[i];
        const at = x => u.valToPos(Math.min(x, o.max), 'y', true);
        let end = is(v) ? at(v) : x0;
        if (is(v) && is(lo) && is(hi) && hi <= o.max) {
          c.strokeStyle = css('ink'); c.lineWidth = 1.3 * r;
          c.beginPath();
          c.moveTo(at(lo), y); c.lineTo(at(hi), y);
          for (const x of [lo, hi]) { c.moveTo(at(x), y - 4 * r); c.lineTo(at(x), y + 4 * r); }
          c.stroke();
          end = at(hi);
        }
        const over = is(v) && v > o.max, text = is(v) ? fixed(v, 3) + (over ? ' →' : '') : '∞';
        const tw = c.measureText(text).width, inside = end + 6 * r + tw > x0 + w;
        const x = inside ? x0 + w - tw - 6 * r : end + 6 * r;
        c.fillStyle = css('paper'); c.globalAlpha = .85;
        c.fillRect(x - 2 * r, y - 7.5 * r, tw + 4 * r, 15 * r);
        c.globalAlpha = 1; c.fillStyle = css('ink'); c.textAlign = 'left'; c.textBaseline = 'middle'; c.fillText(text, x, y + r);
      });
      c.restore();
    }]},
  }, [o.labels.map((_, i) => i), ...sums.reverse()], el);
  el.setAttribute('role', 'img');
  el.setAttribute('aria-label', o.axis + ': ' + o.labels.map((l, i) => l + ' ' + (is(o.values[i]) ? fixed(o.values[i], 3) : '∞')).join(', '));
  if (o.parts) key(el, parts);
  return u;
}

// key labels the parts of stacked bars.
function key(el, parts) {
  const ul = document.createElement('ul');
  ul.className = 'key';
  for (const p of parts) {
    const li = document.createElement('li'), s = document.createElement('span');
    s.className = 'swatch c-' + p.colour;
    li.append(s, p.label);
    ul.append(li);
  }
  el.prepend(ul);
}

const pen = i => ({label: looks[i].title, stroke: css(looks[i].colour), width: 2, dash: looks[i].dash || [], show: !looks[i].quiet});

// Lines over named places on the x axis.
function steps(el, o) {
  const xs = o.xs.map((_, i) => i), room = Math.max(1, Math.ceil(o.xs.length * (Math.max(...o.xs.map(s => s.length)) * 7 + 10) / (el.clientWidth - 70)));
  return chartKeys(el, new uPlot({
    width: el.clientWidth, height: 330, padding: [12, 24, 0, 0], cursor: {drag: {x: false, y: false}, y: false},
    scales: {x: {time: false, range: [-.4, xs.length - .6]}, y: {}},
    axes: [
      axis(o.x, {splits: xs.filter(i => i % room === 0), values: (u, at) => at.map(i => o.xs[i]), size: 32}),
      axis(o.y, {size: 46}),
    ],
    series: [{label: o.what, value: (u, i) => i == null ? '–' : o.xs[i]}, ...o.rows.map(r => ({
      ...pen(r.i), points: {show: true, size: 6, fill: css(looks[r.i].colour)}, value: (u, v) => fixed(v, 3), spanGaps: true,
    }))],
  }, [xs, ...o.rows.map(r => r.values.map(v => is(v) ? v : null))], el));
}

// Learning curves: a line for the training loss and, on its pair, marks for the validation.
function curves(el, x, label, format) {
  const tables = [], series = [], pairs = {};
  let least = Infinity, cap = 0;
  C.rows.forEach((row, i) => {
    const k = row.curve;
    if (!k) return;
    const main = pen(i);
    const loss = k.loss.map(v => cost(row, v)), valid = (k.valid || []).map(v => cost(row, v));
    if (!loss.every(is)) return; // a closed vocabulary has no bits per byte
    tables.push([k[x], loss]);
    series.push({...main, width: main.width * .7, points: {show: false}, spanGaps: true, value: (u, v) => fixed(v, 3)});
    tables.push([k['valid_' + x] || [], valid]);
    series.push({...main, label: main.label + ', validation', class: 'partner', spanGaps: true, points: {show: true, size: 7, fill: css(looks[i].colour), stroke: css('paper'), width: 1.2}, width: 0, value: (u, v) => fixed(v, 3)});
    pairs[series.length - 1] = series.length;
    const late = loss.slice(Math.floor(loss.length * .12));
    cap = Math.max(cap, ...late);
    least = Math.min(least, ...loss, ...valid);
  });
  const room = Math.max((cap - least) * .06, 1e-6);
  return chartKeys(el, new uPlot({
    width: el.clientWidth, height: 330, padding: [12, 14, 0, 0], cursor: {drag: {x: true, y: false}, y: false},
    scales: {x: {time: false}, y: {range: [Math.max(0, least - room), cap + room]}},
    axes: [axis(label, {size: 32, values: (u, at) => at.map(format), space: 56}), axis(unit, {size: 46})],
    series: [{label, value: (u, v) => v == null ? '–' : format(v)}, ...series],
    hooks: {setSeries: [(u, i, o) => { if (i != null && pairs[i] && o.show != null) u.setSeries(pairs[i], {show: o.show}); }]},
  }, uPlot.join(tables), el), true);
}

const column = f => C.rows.map(f), titles = looks.map(l => l.title), shorts = looks.map(l => l.short);
const rows = f => C.rows.map((r, i) => ({i, values: f(r)})).filter(r => r.values && r.values.some(is));
const most = values => Math.max(1e-9, ...values.filter(is));
const longest = f => C.rows.map(f).reduce((a, b) => (b || []).length > a.length ? b : a, []);

const draw = {
  bits(el) {
    const open = C.rows.some(r => is(r.bits_per_byte)), f = open ? 'bits_per_byte' : 'perplexity';
    const lines = !open ? [] : [
      {label: 'uniform', at: C.uniform_bits_per_byte}, {label: 'unigram', at: C.unigram_bits_per_byte}, {label: 'gzip', at: C.gzip_bits_per_byte},
      {label: 'xz', at: C.xz_bits_per_byte}, {label: 'true entropy', at: C.limit_bits_per_byte},
    ];
    const values = column(r => r[f]);
    return bars(el, {
      labels: titles, shorts, axis: open ? 'bits per byte' : 'perplexity', values, low: column(r => open ? r.bits_per_byte_low : null),
      high: column(r => open ? r.bits_per_byte_high : null), lines, most: most([...values, ...lines.map(l => l.at)]), colours: looks.map(l => l.colour),
    });
  },
  classes(el) {
    const values = column(r => excess(r, r.gap)), known = values.filter((v, i) => !['uniform', 'unigram'].includes(C.rows[i].model) && is(v));
    return bars(el, {
      labels: titles, shorts, axis: unit + ' above the true entropy', values, low: column(r => excess(r, r.gap_low)), high: column(r => excess(r, r.gap_high)),
      most: most(known.length ? known : values),
      parts: C.rows[0].classes.map((k, x) => ({label: k.class, colour: 'k' + x, values: column(r => {
        const part = (r.classes || [])[x];
        return part && is(part.gap) ? excess(r, part.gap * part.events / r.events) : null;
      })})),
    });
  },
  seconds: el => curves(el, 'seconds', 'seconds of training', v => short(v)),
  tokens: el => curves(el, 'tokens', 'tokens seen', v => short(v)),
  positions(el) {
    const mixed = C.mixed_tokenizers, of = r => (mixed ? r.offsets : r.positions) || [], what = mixed ? 'byte' : 'token';
    return steps(el, {
      xs: longest(of).map(p => range(p.from, p.to)), x: what + ' of the document', y: unit, what,
      rows: rows(r => of(r).map(p => mixed ? p.bits_per_byte : p.nats_per_token)),
    });
  },
  contexts(el) {
    const mixed = C.mixed_tokenizers, all = longest(r => r.contexts).map(k => k.given);
    return steps(el, {
      xs: all.map(n => n ? '' + n : 'all'), x: (mixed ? 'bytes' : 'tokens') + ' of context', y: unit, what: 'context',
      rows: rows(r => mixed && !is(r.bits_per_byte) ? [] : all.map(n => ((r.contexts || []).find(k => k.given === n) || {})[mixed ? 'bits_per_byte' : 'nats_per_token'])),
    });
  },
  words(el) {
    const first = Math.max(0, C.word_frequencies.findIndex(b => b.words > 0));
    return steps(el, {
      xs: C.word_frequencies.slice(first).map(b => range(b.from, b.to)), x: 'times in the training text', y: C.mixed_tokenizers ? unit : 'nats per word', what: 'times',
      rows: rows(r => r.nats_by_words && r.nats_by_words.map((v, k) => {
        const b = C.word_frequencies[k];
        return C.mixed_tokenizers && is(v) ? v * b.words / b.bytes / Math.LN2 : v;
      }).slice(first)),
    });
  },
};

// All charts are redrawn when the width or the theme changes.
const charts = new Map();
function redraw(only) {
  for (const el of document.querySelectorAll('.chart')) {
    if (!draw[el.id] || only && only !== el || !el.clientWidth) continue;
    const old = charts.get(el);
    const height = el.clientHeight;
    el.style.minHeight = height + 'px'; // keeps the page from jumping
    if (old) old.destroy();
    el.replaceChildren();
    charts.set(el, draw[el.id](el));
    el.style.minHeight = '';
    el.dataset.width = el.clientWidth;
  }
}
redraw();
const widths = new ResizeObserver(all => requestAnimationFrame(() => {
  for (const {target} of all) if (+target.dataset.width !== target.clientWidth) redraw(target);
}));
for (const el of document.querySelectorAll('.chart')) widths.observe(el);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw());
addEventListener('beforeprint', () => { document.documentElement.dataset.theme = 'light'; redraw(); }); // as wide as paper: see the style
addEventListener('afterprint', () => { delete document.documentElement.dataset.theme; redraw(); });

document.getElementById('json').addEventListener('click', () => {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([document.getElementById('data').textContent], {type: 'application/json'}));
  a.download = 'comparison.json';
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
});

// The passage: one token is in the tab order, and the arrow keys select another.
const passage = document.getElementById('passage'), tip = document.getElementById('tip');
if (passage) {
  const tokens = [...passage.querySelectorAll('.t')];
  const percent = p => p >= .1 ? (100 * p).toFixed(1) + ' %' : p >= .001 ? (100 * p).toFixed(2) + ' %' : p > 0 ? p.toExponential(1) : '0';
  const line = (name, nats, colour) => {
    const p = is(nats) ? Math.exp(-nats) : 0, row = document.createElement('div');
    row.className = 'line c-' + colour;
    const label = document.createElement('span'), track = document.createElement('span'), bar = document.createElement('div'), value = document.createElement('span');
    label.textContent = name; value.textContent = percent(p);
    bar.className = 'bar'; bar.style.width = 100 * p + '%';
    track.append(bar); row.append(label, track, value);
    return row;
  };
  let current = null;
  const hide = () => { tip.hidden = true; if (current) current.classList.remove('on'); current = null; };
  const show = el => {
    if (el === current) return;
    hide();
    current = el;
    el.classList.add('on');
    const i = +el.dataset.i, P = C.passage, head = document.createElement('div'), b = document.createElement('b');
    b.textContent = '“' + P.tokens[i] + '”';
    head.append(b);
    if (P.classes) head.append(' ' + P.classes[i]);
    tip.replaceChildren(head);
    looks.forEach((l, r) => tip.append(line(l.short, P.nats[r][i], l.colour)));
    if (P.truth && P.truth[i] != null) tip.append(line('the truth', P.truth[i], 'ink-truth'));
    tip.hidden = false;
    const box = el.getClientRects()[0], w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = scrollX + Math.max(8, Math.min(box.left, document.documentElement.clientWidth - w - 8)) + 'px';
    tip.style.top = scrollY + (box.bottom + h + 8 > innerHeight && box.top > h + 8 ? box.top - h - 6 : box.bottom + 6) + 'px';
  };
  const enter = el => { tokens.forEach(t => { t.tabIndex = t === el ? 0 : -1; }); };
  if (tokens.length) enter(tokens[0]);
  passage.addEventListener('pointerover', e => { const t = e.target.closest('.t'); if (t) show(t); });
  passage.addEventListener('pointerleave', e => { if (e.pointerType === 'mouse') hide(); });
  passage.addEventListener('click', e => { const t = e.target.closest('.t'); if (t) { enter(t); show(t); } });
  passage.addEventListener('focusin', e => { const t = e.target.closest('.t'); if (t && t.matches(':focus-visible')) show(t); });
  passage.addEventListener('focusout', hide);
  passage.addEventListener('keydown', e => {
    const i = tokens.indexOf(e.target), to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tokens.length - 1}[e.key];
    if (e.key === 'Escape') hide();
    if (i < 0 || !tokens[to]) return;
    e.preventDefault();
    enter(tokens[to]);
    tokens[to].focus();
    show(tokens[to]);
  });
  document.addEventListener('pointerdown', e => { if (!passage.contains(e.target)) hide(); });
}
})();
