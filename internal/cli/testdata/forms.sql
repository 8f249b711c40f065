\pset format html
select 1 as "a<b", 'x & y "q" <b>' || chr(10) || 'z  2' t, null n, '' e, true b;
select 1 where false;
\t
select 1 a;
\t
\pset format latex
select 1 as "a_b", 'x & y $5 50% #a {b} \c ~ ^ _ <>|' || chr(10) || 'z  2' t, null n;
\t
select 1 a, 'x' b;
\t
\pset format asciidoc
select 1 as "a|b", 'x|y & <b>' || chr(10) || 'z  2' t, null n, '' e, true b, '' f;
select 1 where false;
\t
select 1 a, ' x ' b;
\t
\pset format unaligned
select 1 as "a_b", 'x|y' || chr(10) || 'z' t, null n, true b;
select 1 where false;
\pset fieldsep ';'
\pset recordsep '#'
\pset null '<null>'
select 1 a, null b union all select 2, 'x' order by 1;
select 3 c;
\t
select 1 a, null b union all select 2, 'x' order by 1;
select 1 where false;
\t
\pset fieldsep_zero
\pset recordsep_zero
select 1 a, 2 b;
\pset fieldsep '\t'
\pset recordsep '\n'
select 1 a, 2 b;
\pset footer off
select generate_series a, -generate_series from generate_series(1,3);
\a
select 1 a;
\a
\H
select 1 a;
