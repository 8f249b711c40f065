\pset title 'A <title>'
\pset border 0
\x off
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x off
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset border 1
\x off
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x off
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset border 2
\x off
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x off
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\x on
\t on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\t off
\x off
\pset linestyle unicode
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset unicode_border_linestyle double
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset unicode_column_linestyle double
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset unicode_header_linestyle double
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset unicode_border_linestyle single
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset border 1
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset unicode_column_linestyle single
\pset linestyle ascii
\pset numericlocale on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\T 'class="x"'
\pset format unaligned
\pset border 2
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format unaligned
\pset border 2
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 0
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 0
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 2
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 2
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 3
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\pset border 3
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 0
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 0
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 2
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 2
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 3
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\pset border 3
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 0
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 0
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 2
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 2
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 3
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\pset border 3
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format csv
\pset border 2
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format csv
\pset border 2
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\C
\T
\t
\pset format unaligned
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format unaligned
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format html
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format latex
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format asciidoc
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format csv
\x off
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
\pset format csv
\x on
select 1 as id, 'abc' as name, 1234567.891::numeric as n, null as "x|y_" union all select 22, E'line1\nline2 <&', -12, 'y';
select 1 as id, 'abc' as name where false;
