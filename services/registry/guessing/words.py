"""Names that people give to columns, in English and Chinese, by the role they play."""

import re

_WORDS: dict[str, str] = {
    "date": (
        "date datum day ds time timestamp datetime week month period fecha invoicedate "
        "orderdate saledate salesdate transactiondate orderdatetime weekending "
        "yearmonth 日期 时间 购药时间 销售日期 销售时间 交易日期 交易时间 订单日期 "
        "下单时间 年月 月份 业务日期 时刻 数据时间"
    ),
    "target": (
        "sales sale qty quantity units unitssold unitsales demand value y target volume "
        "totalvolume salesqty salesquantity weeklysales amountsold sold consumption "
        "load kwh ot passengers flow count cnt menge absatz "
        "销量 销售数量 数量 销售量 出库数量 需求量 "
        "用电量 负荷 流量 客流量 车流量 销售额 营业额 值 数值"
    ),
    "id": (
        "store storeid shop shopid branch outlet location station stationid sensor "
        "sensorid meter meterid product productid item itemid sku skuid stockcode "
        "article articleid family dept department region country state market seriesid "
        "uniqueid id site warehouse channel storenbr itemnbr productcode "
        "storecode shopcode deptid industry filiale artikel artikelnr produkt "
        "店铺 店铺编号 门店 门店编号 门店编码 店号 "
        "分店 商品编码 商品编号 商品代码 产品编码 产品编号 货号 药品编码 站点 测站 地区 "
        "城市 区域 电表 路段 仓库 门店名称 产品 商品 序列"
    ),
    "known": (
        "price unitprice sellprice sellingprice promo promotion onpromotion ispromotion "
        "discount holiday isholiday schoolholiday stateholiday nationalholiday event "
        "open onsale display averageprice avgprice baseprice 价格 单价 售价 促销 "
        "是否促销 折扣 节假日 是否节假日 活动"
    ),
    "static": (
        "category categoryname productname itemname storename storetype type class "
        "brand description size storesize assortment citytype department "
        "productcategory producttype group unit manufacturer 品类 类别 分类 商品名称 "
        "药品名称 产品名称 品牌 规格 单位 厂家 店型"
    ),
    "past": (
        "transactions customers temperature temp humidity wind rain precipitation "
        "oilprice fuelprice cpi unemployment amount amountpaid amountdue revenue "
        "salesvalue turnover visits traffic returns returnedqty markdown stock "
        "inventory 应收金额 实收金额 金额 客流 气温 温度 湿度 库存 退货数量 成本 毛利"
    ),
    "ignore": (
        "index rowid rownumber unnamed invoiceno orderid orderno receiptno "
        "transactionid year quarter hour weekday weekdayname dayofweek dayname "
        "monthname t split freq 序号 编号 单号 订单号 小票号 发票号 流水号 年 月 星期 "
        "备注"
    ),
}
_PEOPLE = {"card", "customer", "client", "patient", "member", "cardholder"}
_CONTACTS = {
    "phone",
    "mobile",
    "telephone",
    "tel",
    "mail",
    "cellphone",
    "email",
    "passport",
    "ssn",
} | {
    "address",
    "iban",
}
_PLACES = {"store", "shop", "branch", "site", "station", "warehouse", "outlet", "stores", "shops"}
_FIGURES = {"count", "counts", "share", "type", "segment", "price", "sales", "traffic", "qty"} | {
    "quantity",
    "total",
    "group",
    "rate",
    "orders",
}
_GLUED = re.compile(
    r"(card|phone|mobile|customer|client|patient|member|bank|id|e?mail)"
    r"(card|id|no|num|nr|number|code|name|address|phone|e?mail)"
)
_CHINESE = re.compile(
    r"卡号|身份证|证件|手机|电话|姓名|邮箱|住址|社保|医保|会员|病人|患者|顾客|客户|联系人|联系方式|地址"
)
_CHINESE_FIGURE = re.compile(r"(数|量|价|额|率|占比|次|类型|等级)$|[店站仓场].*(地址|电话)|客户端")
_SOLD = {"sales", "sale", "sold", "qty", "quantity", "units", "orders", "demand", "visits"} | {
    "passengers",
    "customers",
    "transactions",
}
_SOLD_CHINESE = re.compile(r"销|售|数量|订单|出库|客流|营业额|需求")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
ROLE_OF = {word: role for role, words in _WORDS.items() for word in words.split()}


def bare(name: str) -> str:
    """Return a name in small letters without spaces and signs."""
    return re.sub(r"[\s_\-.()（）/:：]+", "", name).lower()


def role_by_name(name: str) -> tuple[str, float] | None:
    """Return the role that a name suggests, and how strongly."""
    word = bare(name)
    if word in ROLE_OF:
        return ROLE_OF[word], 0.9
    stem = re.sub(r"\d+$", "", word)
    if stem in ROLE_OF and stem not in ("t", "y"):
        return ROLE_OF[stem], 0.6
    for known in sorted(ROLE_OF, key=len, reverse=True):
        if len(known) >= (2 if not known.isascii() else 4) and known in word:
            return ROLE_OF[known], 0.5
    return None


def sounds_personal(name: str) -> bool:
    """Say whether a name promises personal data, and not a figure about people or a shop's."""
    if _CHINESE.search(name):
        return not _CHINESE_FIGURE.search(bare(name))
    tokens = [token.lower() for token in _TOKEN.findall(name)]
    if not tokens or tokens[-1] in _FIGURES or _PLACES & set(tokens):
        return False
    return bool((_PEOPLE | _CONTACTS) & set(tokens)) or any(map(_GLUED.fullmatch, tokens))


def sounds_sold(name: str) -> bool:
    """Say whether a name promises what is nothing on a day without a row."""
    tokens = {token.lower() for token in _TOKEN.findall(name)}
    word = bare(name)
    known = role_by_name(name)
    glued = known is not None and known[1] > 0.8 and any(sold in word for sold in _SOLD)
    return bool(_SOLD & tokens) or glued or bool(_SOLD_CHINESE.search(name))
